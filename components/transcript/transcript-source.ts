"use client";

import { createContext, useContext } from "react";
import type { WireItem } from "#lib/live-protocol.ts";
import type {
  FindPage,
  FindQuery,
  OutlinePage,
  SessionUsage,
  TranscriptPage,
  WindowQuery,
} from "#lib/transcript.ts";

/** `share` reads and does nothing else: no composer, no menu of actions, no procedure besides those of the source. */
export type ViewerMode = "owner" | "share";

/** Which file of an item. */
export interface FileQuery {
  /** JSON pointer to the text that it stands in. */
  at: string;
  /** Where its `data:` begins there. UTF-16 units. */
  from: number;
  isDownload?: boolean;
}

/** Parameters of the address of a file in an item. */
export const fileParameters = ({ at, from, isDownload = false }: FileQuery) => ({
  at,
  ...(from > 0 && { from: String(from) }),
  ...(isDownload && { download: "1" }),
});

/** Where a viewer reads a session from: the owner's procedures, or those of a share. Rejects as procedures do. */
export interface TranscriptSource {
  readWindow(query: WindowQuery): Promise<TranscriptPage>;
  /** The next page of prompts; from the first one on without `after`. */
  readOutline(query: { after?: string | undefined }): Promise<OutlinePage>;
  /** As far as one request goes; see `FindPage.after`. */
  find(query: FindQuery, options: { signal: AbortSignal }): Promise<FindPage>;
  readUsage(): Promise<SessionUsage>;
  /** Id of the session that this one names in what its agent wrote; null when there is none that may be opened. */
  findLinked(name: string): Promise<string | null>;
  /** Address of an item's whole body: JSON text as stored. */
  bodyUrl(item: Pick<WireItem, "seq">): string;
  /** Address of a file that stands in an item; answers with pictures only, unless it is a download. */
  fileUrl(item: Pick<WireItem, "seq">, file: FileQuery): string;
}

const TranscriptSourceContext = createContext<TranscriptSource | null>(null);

/** Given by the page to everything that shows its session. */
export const TranscriptSourceProvider = TranscriptSourceContext.Provider;

/** Null where what is drawn belongs to no session. */
export const useNearestSource = () => useContext(TranscriptSourceContext);

export function useTranscriptSource(): TranscriptSource {
  const source = useNearestSource();
  if (source === null) throw new Error("There is no transcript around this component");
  return source;
}
