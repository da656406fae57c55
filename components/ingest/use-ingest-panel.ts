"use client";

import { useAtom } from "jotai";
import { useCallback, useEffect } from "react";
import { ingestSectionAtom, type IngestSection } from "./ingest-atoms.ts";

const sections: readonly string[] = ["uploads", "skipped", "weight"] satisfies IngestSection[];

/** The panel and the address say the same: a link with `#skipped` opens the ledger, and closing it takes that away. */
export function useIngestPanel() {
  const [section, setSection] = useAtom(ingestSectionAtom);
  const open = useCallback(
    (next: IngestSection) => {
      setSection(next);
      replaceHash(next);
    },
    [setSection],
  );
  const close = useCallback(() => {
    setSection(null);
    if (sections.includes(location.hash.slice(1))) replaceHash("");
  }, [setSection]);
  return { section, open, close };
}

/** Opens the panel when the page was opened by a link to it. */
export function useIngestLink() {
  const { open } = useIngestPanel();
  useEffect(() => {
    const follow = () => {
      const name = location.hash.slice(1);
      if (sections.includes(name)) open(name as IngestSection);
    };
    follow();
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [open]);
}

function replaceHash(hash: string) {
  const url = new URL(location.href);
  url.hash = hash;
  history.replaceState(history.state, "", url);
}
