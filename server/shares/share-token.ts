import { signWith } from "./server-key.ts";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const TOKEN_BYTES = 20;
/** 62 ** 27 is the first power above 2 ** 160. */
const TOKEN_DIGITS = 27;

/** The 160 bits of a share's link as 27 base62 digits: always the same for one version, so that it can be copied again. */
export function deriveShareToken(
  key: Buffer,
  { shareId, version }: { shareId: string; version: number },
): string {
  const bytes = signWith(key, "share-token", `${shareId}\0${version}`).subarray(0, TOKEN_BYTES);
  let rest = BigInt(`0x${bytes.toString("hex")}`);
  let digits = "";
  while (digits.length < TOKEN_DIGITS) {
    digits = `${BASE62[Number(rest % 62n)]}${digits}`;
    rest /= 62n;
  }
  return digits;
}
