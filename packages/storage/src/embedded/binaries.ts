import { access, cp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import { findClosedFolder, type SystemAccount } from "./system-account.ts";

/** The programs of one Postgres installation. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The binaries that npm brought for this platform.
 *
 * When we are root and the server's account cannot reach them (a checkout below `/root`), they are copied
 * into the data folder once.
 */
export async function findBinaries(dataDir: string, account: SystemAccount | undefined): Promise<Binaries> {
  const installation = await findInstallation();
  if (
    account === undefined ||
    (await findClosedFolder(join(installation, "bin", "x"), account)) === undefined
  ) {
    return binariesIn(installation);
  }
  const copy = join(dataDir, "postgres-binaries");
  if (!(await exists(join(copy, "bin", "postgres")))) {
    const incomplete = `${copy}.new`;
    await rm(incomplete, { recursive: true, force: true });
    await cp(installation, incomplete, { recursive: true, verbatimSymlinks: true });
    await rename(incomplete, copy);
  }
  return binariesIn(copy);
}

const binariesIn = (installation: string): Binaries => ({
  initdb: join(installation, "bin", "initdb"),
  postgres: join(installation, "bin", "postgres"),
});

async function findInstallation(): Promise<string> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of `embedded-postgres`, not of ours: looked up from there.
    const wrapper = fileURLToPath(import.meta.resolve("embedded-postgres"));
    const entry = createRequire(wrapper).resolve(platform);
    const installation = join(dirname(dirname(entry)), "native");
    await access(join(installation, "bin", "postgres"));
    return installation;
  } catch (error) {
    throw new EmbeddedPostgresError(
      "no-binaries",
      `no Postgres binaries for ${process.platform}-${process.arch}: run npm install, or give a Postgres by its URL`,
      error,
    );
  }
}

export const exists = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
