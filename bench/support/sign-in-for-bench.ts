import { ensureLocalOwner, localOwner } from "#server/accounts/local-owner.ts";
import { loginCookie } from "#server/accounts/login-cookie.ts";
import { createSignInLink, redeemSignInLink } from "#server/accounts/sign-in.ts";
import type { BenchDatabase } from "./bench-database.ts";

/** A cookie that signs in the local owner. */
export async function signInForBench({ database }: BenchDatabase): Promise<string> {
  await ensureLocalOwner(database);
  const link = await createSignInLink(database, localOwner.userId);
  const login = await redeemSignInLink(database, link);
  return loginCookie(login ?? "", { secure: false }).split(";", 1)[0] ?? "";
}
