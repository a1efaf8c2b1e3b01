export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from "./embedded/embedded-postgres-error.ts";
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  embeddedPostgresUrl,
  startEmbeddedPostgres,
} from "./embedded/start-embedded-postgres.ts";
export { inspectPostgres, type PostgresInspection } from "./inspect-postgres.ts";
export { defaultLimits, type StorageLimits } from "./limits.ts";
export { type MigrationStatus, migrate, migrationStatus } from "./migrate.ts";
export { openStorage, type Storage, type StorageOptions } from "./open-storage.ts";
export { StorageError, type StorageErrorCode } from "./storage-error.ts";
