import { generateSecret, generateURI, verifySync } from "otplib";

/** The purpose under which secrets of one-time codes are sealed. */
export const SEALED_TOTP = "totp";

/** The scope of a one-time code that may stand at the end of the password. */
export const TOTP_SUFFIX = "password-suffix";

const STEP_SECONDS = 30;
const DIGITS = 6;

/** What an authenticator app is told, once. */
export interface TotpEnrolment {
  /** Base32. */
  readonly secret: string;
  /** `otpauth://…`, for a QR code. */
  readonly uri: string;
}

/** Begins to use one-time codes. RFC 6238: SHA-1, 6 digits, 30 seconds, which is what every app can do. */
export function enrolTotp(login: string, issuer: string): TotpEnrolment {
  const secret = generateSecret();
  return { secret, uri: generateURI({ secret, label: login, issuer }) };
}

/**
 * The time step that a code belongs to: this one, the one before or the one after (RFC 6238 §5.2). Whether it
 * was used is for the store to say.
 */
export function totpStep(secret: string, code: string, nowMs: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined;
  const epoch = Math.floor(nowMs / 1000);
  const result = verifySync({ secret, token: code, epoch, epochTolerance: STEP_SECONDS });
  return result.valid && "timeStep" in result ? result.timeStep : undefined;
}

/** Parts a password that ends with a code; `undefined` for one that does not. */
export function splitCode(
  octets: Uint8Array,
): { readonly password: Uint8Array; readonly code: string } | undefined {
  const code = Buffer.from(octets.subarray(-DIGITS)).toString("latin1");
  if (octets.length <= DIGITS || !/^\d{6}$/.test(code)) return undefined;
  return { password: octets.subarray(0, -DIGITS), code };
}
