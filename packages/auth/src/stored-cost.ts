/** Rounds of PBKDF2, SCRAM and crypt(3)'s SHA: a second or two of one core. */
export const ROUNDS_MAX = 2_000_000;

/** One hash; four run at once. */
const memoryOctetsMax = 256 * 1024 * 1024;
/** What argon2 goes over, in all passes: about a second. */
const passedOctetsMax = 4 * memoryOctetsMax;
const lanesMax = 64;
/** bcrypt's, of which each doubles the work: 14 takes a second and more. */
const bcryptCostMax = 14;
const scryptLanesMax = 4;

/** crypt(3)'s own base64. */
const digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * Can a login afford what checking this costs? A stored hash says itself how much work it is, and whoever may
 * bring hashes along would decide how long all others wait.
 *
 * @param stored argon2 or crypt(3); a form whose cost cannot be read is not affordable.
 */
export function isAffordable(stored: string): boolean {
  const [, scheme = "", ...fields] = stored.split("$");
  const [first = ""] = fields;
  switch (scheme) {
    case "argon2id":
    case "argon2i":
    case "argon2d":
      return isArgon2Affordable(stored);
    case "5":
    case "6":
      return !first.startsWith("rounds=") || Number(first.slice("rounds=".length)) <= ROUNDS_MAX;
    case "sha1":
      return Number(first) <= ROUNDS_MAX;
    case "2a":
    case "2b":
    case "2x":
    case "2y":
      return Number(first) <= bcryptCostMax;
    case "y":
    case "gy":
      return isYescryptAffordable(first);
    case "7":
      return isScryptAffordable(first);
    default:
      // MD5 and DES have one cost, and a low one.
      return true;
  }
}

function isArgon2Affordable(stored: string): boolean {
  const { memory, passes, lanes } =
    /\$m=(?<memory>\d{1,10}),t=(?<passes>\d{1,10}),p=(?<lanes>\d{1,10})[,$]/.exec(stored)?.groups ?? {};
  if (memory === undefined) return false;
  const octets = Number(memory) * 1024;
  return octets <= memoryOctetsMax && octets * Number(passes) <= passedOctetsMax && Number(lanes) <= lanesMax;
}

/** `j` for the usual flavour, and one digit each for the logarithm of N and for r: both begin at 1. */
function isYescryptAffordable(parameters: string): boolean {
  const { cost, block } = /^j(?<cost>[./0-9A-Za-j])(?<block>[./0-9A-Za-j])$/.exec(parameters)?.groups ?? {};
  return block !== undefined && isMemoryAffordable(valueOf(cost) + 1, valueOf(block) + 1);
}

/** One digit for the logarithm of N, five each for r and p, the lowest first. */
function isScryptAffordable(parameters: string): boolean {
  const { cost, block, lanes } =
    /^(?<cost>.)(?<block>.{5})(?<lanes>[./0-9A-Za-z]{5})/.exec(parameters)?.groups ?? {};
  return isMemoryAffordable(valueOf(cost), valueOf(block)) && valueOf(lanes) <= scryptLanesMax;
}

const isMemoryAffordable = (costLog2: number, block: number): boolean =>
  128 * block * 2 ** costLog2 <= memoryOctetsMax;

/** NaN, than which nothing is less, for what is no number. */
const valueOf = (text: string | undefined): number =>
  Array.from(text ?? "?").reduce((sum, digit, at) => {
    const value = digits.indexOf(digit);
    return value < 0 ? Number.NaN : sum + value * 64 ** at;
  }, 0);
