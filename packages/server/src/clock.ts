/** Where the server's time comes from; tests bring their own. */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Calls `tick` about once a second, until what it answers is called. */
  everySecond(tick: () => void): () => void;
}

/** The machine's clock. It keeps no process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  everySecond(tick) {
    const timer = setInterval(tick, 1000).unref();
    return () => clearInterval(timer);
  },
};
