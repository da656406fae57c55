import { sql } from "drizzle-orm";
import { pgTable, primaryKey, uniqueIndex } from "drizzle-orm/pg-core";
import type { GitHubApp } from "#lib/github-app.ts";
import type { ProfileSettings } from "#lib/profile.ts";
import { teams, users } from "./accounts.ts";
import { bytea, moment, sortedText } from "./columns.ts";

/** What the sessions of a repository get beside the repository itself; people call it an environment. */
export const profiles = pgTable(
  "profiles",
  (t) => ({
    id: sortedText().primaryKey(),
    teamId: sortedText("team_id")
      .notNull()
      .references(() => teams.id, { onDelete: "cascade" }),
    name: t.text().notNull(),
    /** Keys of the repositories that it is for, `*` for any letters; empty for all of the team's. */
    repository: sortedText().notNull().default(""),
    /** Taken by a start that names no profile; the longest pattern that fits comes first. */
    isDefault: t.boolean("is_default").notNull().default(false),
    settings: t.jsonb().$type<ProfileSettings>().notNull(),
    /** Grows with every change, of secrets too: a workspace of another one is made anew. */
    revision: t.integer().notNull().default(1),
    createdAt: moment("created_at").notNull().defaultNow(),
    updatedAt: moment("updated_at").notNull().defaultNow(),
  }),
  (table) => [
    uniqueIndex("profiles_name").on(table.teamId, sql`lower(name)`),
    uniqueIndex("profiles_default")
      .on(table.teamId, table.repository)
      .where(sql`is_default`),
  ],
);

/** A value that is written and never shown again: `sealed` is what `seal` made of it, `keyId` names the key. */
export const profileSecrets = pgTable(
  "profile_secrets",
  (t) => ({
    profileId: sortedText("profile_id")
      .notNull()
      .references(() => profiles.id, { onDelete: "cascade" }),
    name: sortedText().notNull(),
    keyId: t.text("key_id").notNull(),
    sealed: bytea().notNull(),
    setAt: moment("set_at").notNull().defaultNow(),
  }),
  (table) => [primaryKey({ columns: [table.profileId, table.name] })],
);

/** What a git server knows a team by. Token or key are sealed as secrets are. */
export const gitCredentials = pgTable(
  "git_credentials",
  (t) => ({
    teamId: sortedText("team_id")
      .notNull()
      .references(() => teams.id, { onDelete: "cascade" }),
    /** `host`, or `host:port` where the port is not the protocol's. */
    host: sortedText().notNull(),
    username: t.text().notNull(),
    /** Null where a token is sealed; otherwise it is the private key of this GitHub App. */
    app: t.jsonb().$type<GitHubApp>(),
    keyId: t.text("key_id").notNull(),
    sealed: bytea().notNull(),
    setAt: moment("set_at").notNull().defaultNow(),
  }),
  (table) => [primaryKey({ columns: [table.teamId, table.host] })],
);

/**
 * Setup commands that the `millrace.json` of a repository proposes. They run nowhere before somebody of the team has
 * confirmed exactly these, known by the hash of their text.
 */
export const setupProposals = pgTable(
  "setup_proposals",
  (t) => ({
    teamId: sortedText("team_id")
      .notNull()
      .references(() => teams.id, { onDelete: "cascade" }),
    /** The key of the repository. */
    repository: sortedText().notNull(),
    /** SHA-256 of repository and commands as JSON. */
    hash: sortedText().notNull(),
    commands: t.jsonb().$type<string[]>().notNull(),
    decision: t.text({ enum: ["confirmed", "declined"] }),
    decidedBy: sortedText("decided_by").references(() => users.id, { onDelete: "set null" }),
    decidedAt: moment("decided_at"),
    createdAt: moment("created_at").notNull().defaultNow(),
  }),
  (table) => [primaryKey({ columns: [table.teamId, table.repository, table.hash] })],
);
