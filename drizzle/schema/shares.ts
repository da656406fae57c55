import { sql } from "drizzle-orm";
import { check, index, pgTable, primaryKey, uniqueIndex } from "drizzle-orm/pg-core";
import { teams, users } from "./accounts.ts";
import { bytea, moment, sortedText } from "./columns.ts";
import { sessions } from "./sessions.ts";

/**
 * A link that lets whoever has it read a session. Outlives its session, so that its owner still finds it and can take
 * it back. Only the SHA-256 of the token is stored: the token itself is derived from the server's key, `id`, `version`.
 */
export const shares = pgTable(
  "shares",
  (t) => ({
    id: sortedText().primaryKey(),
    teamId: sortedText("team_id")
      .notNull()
      .references(() => teams.id, { onDelete: "cascade" }),
    ownerId: sortedText("owner_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** No reference: the row of a discarded session goes. */
    sessionId: sortedText("session_id").notNull(),
    generation: t.integer().notNull(),
    /** The session's, when the share was made: what is left of it once the session is gone. */
    title: t.text().notNull(),
    /** SHA-256 of what was asked for: the same id with other wishes is a conflict. */
    requestHash: sortedText("request_hash").notNull(),
    tokenHash: sortedText("token_hash").notNull(),
    /** Grows when the link is replaced by another. */
    version: t.integer().notNull().default(1),
    mode: t.text({ enum: ["live", "frozen"] }).notNull(),
    /** Of a frozen share: nothing that was written after it is shown. */
    frozenSeq: t.bigint("frozen_seq", { mode: "number" }),
    /** Numbers of the first and last turn when the share was made, to name them; null where the session's ends count. */
    fromTurn: t.integer("from_turn"),
    toTurn: t.integer("to_turn"),
    /** Prompts of these turns: what is shown does not move when others come, or go. */
    fromMessageId: sortedText("from_message_id"),
    toMessageId: sortedText("to_message_id"),
    /** The prompt behind the last turn, where there was one. */
    endMessageId: sortedText("end_message_id"),
    /** Of a frozen share: what it tells of the session beside its transcript, see `FrozenFacts`. */
    frozenFacts: t.jsonb("frozen_facts"),
    hidesReasoning: t.boolean("hides_reasoning").notNull(),
    hidesOutputs: t.boolean("hides_outputs").notNull(),
    hidesPaths: t.boolean("hides_paths").notNull(),
    /** What only may be a secret is masked too. */
    masksPossible: t.boolean("masks_possible").notNull(),
    /** Fingerprints of definite secrets that the owner wants shown all the same. */
    shownSecrets: t.text("shown_secrets").array().notNull(),
    /** scrypt with its parameters and salt, see `hashPassword`; null without one. */
    passwordHash: t.text("password_hash"),
    allowsEmbed: t.boolean("allows_embed").notNull(),
    /** Programs that draw a card for a link are told title and size. */
    allowsCard: t.boolean("allows_card").notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** Null: until it is taken back. */
    expiresAt: moment("expires_at"),
    revokedAt: moment("revoked_at"),
    lastViewedAt: moment("last_viewed_at"),
    viewCount: t.bigint("view_count", { mode: "number" }).notNull().default(0),
  }),
  (table) => [
    uniqueIndex("shares_token_hash").on(table.tokenHash),
    index("shares_owner").on(table.teamId, table.ownerId, table.id.desc()),
    index("shares_session").on(table.sessionId, table.generation),
    check("shares_frozen_seq", sql`(${table.mode} = 'frozen') = (${table.frozenSeq} is not null)`),
  ],
);

/** Passwords that were tried for one link since `since_at`; see `takeAttempt`. */
export const shareAttempts = pgTable(
  "share_attempts",
  (t) => ({
    /** SHA-256 of the token, whether a share has it or not. */
    tokenHash: sortedText("token_hash").primaryKey(),
    count: t.integer().notNull(),
    sinceAt: moment("since_at").notNull(),
  }),
  (table) => [index("share_attempts_since").on(table.sinceAt)],
);

/** Keys that the server makes for itself where no variable brings one. */
export const serverKeys = pgTable("server_keys", () => ({
  name: sortedText().primaryKey(),
  key: bytea().notNull(),
  createdAt: moment("created_at").notNull().defaultNow(),
}));

/** How far a session's items were looked through for secrets: all changes up to `seq`. */
export const secretScans = pgTable(
  "secret_scans",
  (t) => ({
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    seq: t.bigint({ mode: "number" }).notNull(),
    /** Of the rules that were used; a session that was looked through with older ones is looked through again. */
    rulesVersion: t.integer("rules_version").notNull(),
    updatedAt: moment("updated_at").notNull().defaultNow(),
  }),
  (table) => [primaryKey({ columns: [table.sessionId, table.generation] })],
);

/** A secret in an item, one row for each different one in it. What it is, is not stored. */
export const secretFindings = pgTable(
  "secret_findings",
  (t) => ({
    sessionId: sortedText("session_id")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    generation: t.integer().notNull(),
    type: sortedText().notNull(),
    messageId: sortedText("message_id").notNull(),
    partId: sortedText("part_id").notNull(),
    /** Keyed hash of the secret: equal ones are known as equal, and nothing can be tried against it without the key. */
    fingerprint: sortedText().notNull(),
    /** Which kind of secret it is, see `secretRules`. */
    rule: t.text().notNull(),
    /** Its form leaves no doubt; others are guesses. */
    isDefinite: t.boolean("is_definite").notNull(),
    /** What of it is no secret: the beginning that all of its kind have. */
    prefix: t.text().notNull(),
    /** UTF-16 units. */
    length: t.integer().notNull(),
    /** Times that it stands in the item. */
    placeCount: t.integer("place_count").notNull(),
  }),
  (table) => [
    primaryKey({
      name: "secret_findings_pk",
      columns: [
        table.sessionId,
        table.generation,
        table.type,
        table.messageId,
        table.partId,
        table.fingerprint,
      ],
    }),
  ],
);
