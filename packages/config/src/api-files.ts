import { join } from "node:path";

/** The files in the data dir by which a server lets the command line of the same host in. */
export interface ApiFiles {
  /** Where the API answers, one line; written at each start. */
  readonly url: string;
  /** The bearer token, one line; made once, readable by its owner only (mode 0600). */
  readonly token: string;
}

/** Where these files are. */
export const apiFiles = (dataDir: string): ApiFiles => ({
  url: join(dataDir, "api-url"),
  token: join(dataDir, "api-token"),
});
