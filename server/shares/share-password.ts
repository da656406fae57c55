import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { AppError } from "#lib/errors.ts";

const derive = promisify<string, Buffer, number, ScryptParameters, Buffer>(scrypt);

interface ScryptParameters {
  N: number;
  r: number;
  p: number;
  maxmem: number;
}

/** Of new passwords, as OWASP recommends them for scrypt with 16 MiB; old ones keep those they were made with. */
const PARAMETERS = { N: 2 ** 14, r: 8, p: 5 };
const MAX_MEMORY_BYTES = 64 * 1024 * 1024;
const HASH_BYTES = 32;
const SALT_BYTES = 16;
/** Each takes a fraction of a second of one core: more at one time would take the server from everybody else. */
const AT_ONCE_MAX = 2;
const WAITING_MAX = 20;

/** What is stored of a password: `scrypt$N$r$p$salt$hash`, the last two base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await deriveInTurn(password, salt, PARAMETERS);
  const { N, r, p } = PARAMETERS;
  return ["scrypt", N, r, p, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/** Against this everything is wrong, and takes as long as against a real one. */
const NOBODYS = `scrypt$${PARAMETERS.N}$${PARAMETERS.r}$${PARAMETERS.p}$${"A".repeat(22)}$${"A".repeat(43)}`;

/**
 * Whether the password is the one that was hashed. Null stands for a share that is not there or has none: the same work
 * is done, and the answer is false. Throws `rate_limited` when too many wait.
 */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const [, N, r, p, salt = "", hash = ""] = (stored ?? NOBODYS).split("$");
  const expected = Buffer.from(hash, "base64url");
  const parameters = { N: Number(N), r: Number(r), p: Number(p) };
  const derived = await deriveInTurn(password, Buffer.from(salt, "base64url"), parameters);
  const isEqual = expected.byteLength === derived.byteLength && timingSafeEqual(expected, derived);
  return isEqual && stored !== null;
}

let atOnceCount = 0;
const waiting: (() => void)[] = [];

async function deriveInTurn(
  password: string,
  salt: Buffer,
  { N, r, p }: Omit<ScryptParameters, "maxmem">,
): Promise<Buffer> {
  if (atOnceCount >= AT_ONCE_MAX) {
    if (waiting.length >= WAITING_MAX)
      throw new AppError("rate_limited", "Too many passwords are being tried; wait a moment");
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else atOnceCount += 1;
  try {
    return await derive(password.normalize("NFKC"), salt, HASH_BYTES, {
      N,
      r,
      p,
      maxmem: MAX_MEMORY_BYTES,
    });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else atOnceCount -= 1;
  }
}
