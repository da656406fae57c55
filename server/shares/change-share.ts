import { z } from "zod";
import { AppError } from "#lib/errors.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Database } from "#server/database/database.ts";
import { shareMissing } from "./manage-shares.ts";
import { expiresInDays, sharePassword } from "./new-share.ts";
import { hashPassword } from "./share-password.ts";

/** What can still be said otherwise of a share. Another session, other turns or other secrets are another share. */
export const shareChange = z.strictObject({
  hidesReasoning: z.boolean().optional(),
  hidesOutputs: z.boolean().optional(),
  hidesPaths: z.boolean().optional(),
  masksPossible: z.boolean().optional(),
  /** Null takes it away. Whoever has typed the old one has to type the new one. */
  password: sharePassword.nullable().optional(),
  /** From now on; null: until it is taken back. */
  expiresInDays: expiresInDays.nullable().optional(),
  allowsEmbed: z.boolean().optional(),
  allowsCard: z.boolean().optional(),
});

export type ShareChange = z.infer<typeof shareChange>;

/**
 * Changes a share of one's own; its link stays. What is hidden from now on is on pages that were open until they are
 * read again. Throws `not_found`, also for one that is over, and `invalid_input` for a password of what may be embedded.
 */
export async function changeShare(
  { sql }: Database,
  viewer: Viewer,
  { shareId, change }: { shareId: string; change: ShareChange },
): Promise<void> {
  const { password, expiresInDays: days } = change;
  const passwordHash = typeof password === "string" ? await hashPassword(password) : null;
  await sql.begin(async (tx) => {
    const [row] = await tx<{ hasPassword: boolean; allowsEmbed: boolean }[]>`
      select password_hash is not null as "hasPassword", allows_embed as "allowsEmbed" from shares
      where id = ${shareId} and team_id = ${viewer.teamId} and owner_id = ${viewer.userId} and revoked_at is null
        and coalesce(expires_at > now(), true)
      for update`;
    if (!row) throw shareMissing();
    const hasPassword = password === undefined ? row.hasPassword : password !== null;
    if (hasPassword && (change.allowsEmbed ?? row.allowsEmbed))
      throw new AppError("invalid_input", "A page that embeds it cannot ask for the password", {
        details: { field: "allowsEmbed" },
      });
    await tx`
      update shares set
        hides_reasoning = coalesce(${change.hidesReasoning ?? null}::boolean, hides_reasoning),
        hides_outputs = coalesce(${change.hidesOutputs ?? null}::boolean, hides_outputs),
        hides_paths = coalesce(${change.hidesPaths ?? null}::boolean, hides_paths),
        masks_possible = coalesce(${change.masksPossible ?? null}::boolean, masks_possible),
        allows_embed = coalesce(${change.allowsEmbed ?? null}::boolean, allows_embed),
        allows_card = coalesce(${change.allowsCard ?? null}::boolean, allows_card),
        password_hash = case when ${password !== undefined} then ${passwordHash}::text else password_hash end,
        expires_at = case when ${days !== undefined} then now() + make_interval(days => ${days ?? null}::int)
          else expires_at end
      where id = ${shareId}`;
  });
}
