import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PREFIX = "mrt_";
/** 62 ** 43 is the first power above 2 ** 256. */
const RANDOM_DIGITS = 43;
const CHECKSUM_DIGITS = 6;
const SECRET = new RegExp(`^${PREFIX}[0-9A-Za-z]{${RANDOM_DIGITS + CHECKSUM_DIGITS}}$`);

/**
 * `mrt_`, 256 random bits as 43 base62 digits, and the CRC-32 of those digits as 6: secret scanners find it by its
 * prefix and know a real one by its checksum. A double click selects all of it.
 */
export function createApiTokenSecret(): string {
  const random = toBase62(BigInt(`0x${randomBytes(32).toString("hex")}`), RANDOM_DIGITS);
  return PREFIX + random + checksum(random);
}

/** True for text that this server, or another Millrace, may have made; a mistyped one is none. */
export function isApiTokenSecret(text: string): boolean {
  if (!SECRET.test(text)) return false;
  return text.endsWith(checksum(text.slice(PREFIX.length, -CHECKSUM_DIGITS)));
}

const checksum = (digits: string) => toBase62(BigInt(crc32(digits)), CHECKSUM_DIGITS);

function toBase62(number: bigint, digitCount: number): string {
  let text = "";
  for (let rest = number; text.length < digitCount; rest /= 62n)
    text = `${BASE62[Number(rest % 62n)]}${text}`;
  return text;
}
