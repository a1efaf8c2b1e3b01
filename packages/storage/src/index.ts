export {
  type EmbeddedPostgres,
  embeddedPostgresUrl,
  startEmbeddedPostgres,
} from "./embedded/start-embedded-postgres.ts";
export { inspectPostgres, type PostgresInspection } from "./inspect-postgres.ts";
export type { StorageLimits } from "./limits.ts";
export { type MigrationStatus, migrate, migrationStatus } from "./migrate.ts";
export { openStorage, type Storage } from "./open-storage.ts";
export { StorageError } from "./storage-error.ts";
