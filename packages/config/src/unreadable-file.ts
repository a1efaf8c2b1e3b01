/** Why a file could not be read, in words that follow its name. */
export function reasonOf(err: unknown): string {
  const code = err instanceof Error && "code" in err ? err.code : undefined;
  switch (code) {
    case "ENOENT":
      return "does not exist";
    case "EACCES":
    case "EPERM":
      return "may not be read by this account";
    case "EISDIR":
      return "is a folder";
    default:
      return `cannot be read (${typeof code === "string" ? code : "unknown reason"})`;
  }
}
