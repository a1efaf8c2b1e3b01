import cluster from "node:cluster";

/** What a worker tells its supervisor; each piece once, when it is known. */
export interface WorkerNews {
  /** Under which id it holds leases. */
  readonly instanceId?: string;
  /** Where it answers for health, metrics and the API, on loopback. */
  readonly httpUrl?: string;
  /** It serves. */
  readonly isUp?: true;
  /** How many sessions it has cut at its end. */
  readonly sessionsCut?: number;
}

/** This process is one of several that a supervisor keeps. */
export const isWorker = (): boolean => cluster.isWorker;

/**
 * What is done once, however many processes there are, is done here. A worker that replaces another is not
 * the first.
 */
export const isFirstProcess = (): boolean => cluster.worker === undefined || cluster.worker.id === 1;

/** Tells the supervisor, if there is one. */
export function tellSupervisor(news: WorkerNews): void {
  if (cluster.isWorker && process.connected) process.send?.(news);
}

/** Lets a worker end when nothing else keeps it: the line to its supervisor would. */
export function leaveSupervisor(): void {
  if (process.connected) cluster.worker?.disconnect();
}
