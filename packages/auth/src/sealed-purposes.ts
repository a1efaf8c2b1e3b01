// The purposes under which the secrets of these kinds are sealed.
export const SEALED_SECRET = "shared-secret";
export const SEALED_CRAM_MD5 = "cram-md5";
export const SEALED_SCRAM = "scram";
