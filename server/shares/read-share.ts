import { pipeline, type Readable } from "node:stream";
import type {
  FindPage,
  FindQuery,
  OutlineEntry,
  OutlinePage,
  SessionUsage,
  TranscriptPage,
  WindowQuery,
} from "#lib/transcript.ts";
import { AppError } from "#lib/errors.ts";
import { findInSession } from "#server/items/find-in-session.ts";
import { openItemBody } from "#server/items/open-item-body.ts";
import type { SessionExport } from "#server/exports/export-session.ts";
import type { ExportedOutputs } from "#server/exports/write-outputs.ts";
import { readPromptTitle } from "#server/items/outline-facts.ts";
import { readOutline } from "#server/items/read-outline.ts";
import { readPage } from "#server/items/read-page.ts";
import { readUsage } from "#server/items/read-usage.ts";
import type { Database } from "#server/database/database.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { Share } from "./find-share.ts";
import {
  findItemHead,
  findSynthetic,
  mayBeChanged,
  readRoots,
  readSyntheticHeads,
  spanOf,
} from "./read-share-rows.ts";
import { dropHalfSecret } from "./redaction/drop-half-secret.ts";
import {
  type OpenedSharedOutput,
  openSharedOutput,
  readSharedOutputs,
  type SharedOutputs,
} from "./share-outputs.ts";
import { createJsonTransform } from "./redaction/rewrite-json-text.ts";
import { shownRepository } from "./shown-repository.ts";
import { readServerKey } from "./server-key.ts";
import {
  createBodyFilter,
  createItemFilter,
  createTextRewrite,
  hidesParts,
  hideSynthetic,
  planItem,
  type SharePolicy,
} from "./share-policy.ts";

const OUTLINE_PROMPTS = 200;
const FOUND_MAX = 100;
const FIND_BUDGET_MS = 700;
const USAGE_BUDGET_MS = 2_000;

/** The one reader of what a share shows: the readers of the owner, and everything they answer with filtered. */
export interface ShareReader {
  readWindow(query: WindowQuery): Promise<TranscriptPage>;
  readOutline(query: { after?: string | undefined }): Promise<OutlinePage>;
  find(query: FindQuery): Promise<FindPage>;
  readUsage(): Promise<SessionUsage>;
  /** One item's whole body as the share shows it. Throws `not_found` for what it does not show. */
  openBody(seq: number): Promise<Readable>;
  /** A text of the session, such as the name of its branch. */
  rewriteText(text: string): string;
  /** A text that was cut when it was made. */
  rewriteTitle(title: string): string;
  outputs(): Promise<SharedOutputs>;
  /** Throws `not_found` for what the share does not show. */
  openOutput(outputId: string): Promise<OpenedSharedOutput>;
  /** How outputs go out in an export; `hrefOf` says where each is. */
  exportedOutputs(hrefOf: (outputId: string) => string): Promise<ExportedOutputs>;
  /** How an export goes out. Of what is too large to be looked at before it is sent, nothing does if something is hidden. */
  exportOptions(): Pick<
    SessionExport,
    "sessionId" | "generation" | "span" | "rewrite" | "rewriteHead"
  >;
}

export async function createShareReader(
  services: BlobServices,
  share: Share,
): Promise<ShareReader> {
  const { database } = services;
  const policy: SharePolicy = {
    share,
    key: await readServerKey(database),
    roots: share.hidesPaths ? await readRoots(database, share) : [],
  };
  const filter = createItemFilter(policy);
  const filterBody = createBodyFilter(policy);
  const { rewrite } = createTextRewrite(policy);
  const target = { ...share, span: spanOf(share) };
  const rewriteText = (text: string) => rewrite(text, null);
  const rewriteTitle = (title: string) => dropHalfSecret(rewriteText(title));

  const canStream = !hidesParts(share);

  async function openBody(seq: number): Promise<Readable> {
    const shown = await findItemHead(database, share, seq);
    const plan = shown && planItem(shown, shown.head, share);
    if (shown === null || plan !== "as-is") throw notShown();
    const { stream } = await openItemBody(services, { ...share, seq });
    const masked = createJsonTransform(createTextRewrite(policy));
    // The reader hears of an error by the stream that it has.
    return pipeline(stream, masked, () => {});
  }

  return {
    rewriteText,
    rewriteTitle,

    outputs: () => readSharedOutputs(services, share, rewriteText),
    openOutput: (outputId) => openSharedOutput(services, share, { outputId, rewriteText }),

    async exportedOutputs(hrefOf) {
      const outputs = await readSharedOutputs(services, share, rewriteText);
      return {
        hrefOf,
        isShown: outputs.isShown,
        rewriteFacts: (facts) => ({
          ...facts,
          executionId: "",
          port: rewriteText(facts.port),
          name: facts.name && rewriteText(facts.name),
          error: facts.error && rewriteText(facts.error),
          // Of a text, what is hidden could be guessed by it.
          sha256: null,
        }),
        openBytes: async ({ outputId }) => (await outputs.open(outputId)).stream,
      };
    },

    exportOptions: () => ({
      sessionId: share.sessionId,
      generation: share.generation,
      span: spanOf(share),
      rewrite: {
        item: (body, { type, messageId, partId }) => filterBody({ type, messageId, partId, body }),
        openBody: ({ type }) =>
          type === "part" && canStream ? createJsonTransform(createTextRewrite(policy)) : null,
      },
      rewriteHead(head) {
        const { title, agent, model, repository } = share.frozenFacts
          ? { ...share.frozenFacts, agent: share.frozenFacts.agentId }
          : head;
        return {
          ...head,
          sessionId: share.shareId,
          title: rewriteTitle(title),
          agent,
          model,
          repository: shownRepository(repository, rewriteText),
          lastSeq: Math.min(head.lastSeq, share.frozenSeq ?? Infinity),
        };
      },
    }),

    async readWindow(query) {
      const page = await readPage(database, target, query);
      const undecided = share.hidesOutputs ? page.items.filter(({ body }) => body === null) : [];
      const synthetic = await findSynthetic(
        database,
        share,
        undecided.map(({ seq }) => seq),
      );
      const items = page.items.flatMap(
        (item) => filter(synthetic.has(item.seq) ? hideSynthetic(item) : item) ?? [],
      );
      return { ...page, items, around: withinPage(page) };
    },

    async readOutline({ after }) {
      const page = await readOutline(database, { ...target, after, maxCount: OUTLINE_PROMPTS });
      const shown = share.hidesOutputs
        ? await withoutSyntheticTitles(database, share, page.entries)
        : page.entries;
      return {
        ...page,
        entries: shown.map((entry) => ({ ...entry, title: rewriteTitle(entry.title) })),
      };
    },

    find: (query) =>
      findInSession(database, {
        ...target,
        ...query,
        openLarge: ({ seq }) => openBody(seq),
        maxFound: FOUND_MAX,
        budgetMs: FIND_BUDGET_MS,
        isAlwaysRead: (tx) => mayBeChanged(tx, share),
        rewrite: (item) => filterBody({ type: item.partId === "" ? "message" : "part", ...item }),
      }),

    readUsage: () => readUsage(database, { ...target, budgetMs: USAGE_BUDGET_MS }),

    openBody,
  };
}

/** A place is not told beyond what is shown: not even which message a turn begins with. */
function withinPage({ around, items }: TranscriptPage): string | null {
  const messageId = around?.split("/", 1)[0];
  return items.some((item) => item.messageId === messageId) ? around : null;
}

/** Prompts are called by their first text; one that an agent added is an output. */
async function withoutSyntheticTitles(
  database: Database,
  share: Share,
  entries: readonly OutlineEntry[],
): Promise<OutlineEntry[]> {
  const heads = await readSyntheticHeads(
    database,
    share,
    entries.map(({ messageId }) => messageId),
  );
  return entries.map((entry) => {
    const hidden = (heads.get(entry.messageId) ?? []).map(
      (head) => readPromptTitle(null, [head]).title,
    );
    return hidden.includes(entry.title) ? { ...entry, title: "" } : entry;
  });
}

const notShown = () => new AppError("not_found", "This share does not show that");
