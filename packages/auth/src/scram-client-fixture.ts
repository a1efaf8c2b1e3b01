import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** SCRAM as a client computes it. RFC 5802 §3. */
export function scramClient(
  hash: "sha1" | "sha256",
  name: string,
  password: string,
  { gs2 = "n,,", binding = "" }: { readonly gs2?: string; readonly binding?: string } = {},
): readonly [string, (challenge: string) => string, string] {
  const first = `n=${name},r=clientnonce`;
  const final = (challenge: string): string => {
    const { nonce, salt, rounds } =
      /^r=(?<nonce>[^,]+),s=(?<salt>[^,]+),i=(?<rounds>\d+)$/.exec(challenge)?.groups ?? {};
    const length = hash === "sha1" ? 20 : 32;
    const salted = pbkdf2Sync(password, Buffer.from(salt ?? "", "base64"), Number(rounds), length, hash);
    const hmac = (key: Uint8Array, text: string): Buffer => createHmac(hash, key).update(text).digest();
    const clientKey = hmac(salted, "Client Key");
    const bound = Buffer.concat([Buffer.from(gs2), Buffer.from(binding)]).toString("base64");
    const withoutProof = `c=${bound},r=${nonce}`;
    const message = `${first},${challenge},${withoutProof}`;
    const signature = hmac(createHash(hash).update(clientKey).digest(), message);
    const proof = clientKey.map((octet, index) => octet ^ (signature[index] ?? 0));
    return `${withoutProof},p=${Buffer.from(proof).toString("base64")}`;
  };
  return [gs2 + first, final, ""];
}
