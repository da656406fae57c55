import type { Environment } from "#server/env.ts";

/** Where a token that `createSignInLink` made signs a browser in, on a server that listens on `port`. */
export function signInAddress(
  { PUBLIC_URL, HOST }: Pick<Environment, "PUBLIC_URL" | "HOST">,
  { port, token }: { port: number; token: string },
): string {
  const host = HOST.includes(":") ? `[${HOST}]` : HOST;
  const origin = PUBLIC_URL?.replace(/\/$/, "") ?? `http://${host}:${port}`;
  return `${origin}/sign-in?token=${token}`;
}
