import { createHash, randomBytes } from "node:crypto";

/** 256 random bits as text that fits a URL, a header and a cookie. */
export const createSecretToken = () => randomBytes(32).toString("base64url");

/** What is stored instead of a token: looked up by equality of digests, so nothing leaks by timing. */
export const hashSecretToken = (token: string) => createHash("sha256").update(token).digest("hex");
