"use client";

import { createContext, useContext, useMemo, type ReactNode } from "react";
import type { WireItem } from "#lib/live-protocol.ts";
import type { JsonObject } from "#lib/json.ts";
import { useNearestSource, type TranscriptSource } from "../transcript-source.ts";
import { findText } from "./find-text.ts";

interface Body {
  source: TranscriptSource;
  item: WireItem;
  data: JsonObject;
}

/** The item that is drawn, and as much of its body as is here. */
const BodyContext = createContext<Body | null>(null);

interface ItemBodyProps {
  /** Null for what is not stored yet. */
  item: WireItem | null;
  data: JsonObject | null;
  children: ReactNode;
}

/** What is drawn of an item: files that stand in it have an address inside. */
export function ItemBody({ item, data, children }: ItemBodyProps) {
  const source = useNearestSource();
  const body = useMemo(
    () => (source && item && data ? { source, item, data } : null),
    [source, item, data],
  );
  return <BodyContext value={body}>{children}</BodyContext>;
}

export interface EmbeddedFile {
  /** Answers with a picture, and with nothing else. */
  pictureUrl: string;
  /** Answers with the file, whatever it is, to be kept. */
  downloadUrl: string;
  /** Bytes of the item that it stands in. */
  itemByteSize: number;
}

/**
 * The file that stands in the item around as this `data:` URL, or as one that begins with it where only the beginning
 * of the item is here; null where it is not stored.
 */
export function useEmbeddedFile(dataUrl: string): EmbeddedFile | null {
  const body = useContext(BodyContext);
  return useMemo(() => {
    const place = body && findText(body.data, dataUrl);
    if (body === null || place === null) return null;
    const { source, item } = body;
    return {
      pictureUrl: source.fileUrl(item, place),
      downloadUrl: source.fileUrl(item, { ...place, isDownload: true }),
      itemByteSize: item.byteSize,
    };
  }, [body, dataUrl]);
}
