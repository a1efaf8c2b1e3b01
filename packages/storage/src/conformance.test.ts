import { after } from "node:test";
import {
  credentialsConformance,
  deliveryStoreConformance,
  importsConformance,
  loginDirectoryConformance,
  maildropStoreConformance,
  mailKeeperConformance,
  registryConformance,
  retrievalMarksConformance,
  type StorePorts,
} from "@poplar/testkit";
import { openStorage } from "./open-storage.ts";
import { deafEvents, silentLog, withPostgres } from "./testing.ts";

const { url } = await withPostgres({ after });
const storage = await openStorage({ connection: url, log: silentLog, events: deafEvents });
after(() => storage.close());

const open = async (): Promise<StorePorts> => storage;

maildropStoreConformance("Postgres", open);
deliveryStoreConformance("Postgres", open);
loginDirectoryConformance("Postgres", open);
credentialsConformance("Postgres", open);
registryConformance("Postgres", open);
mailKeeperConformance("Postgres", open);
retrievalMarksConformance("Postgres", open);
importsConformance("Postgres", open);
