"use client";

import { useMemo } from "react";
import { useTRPCClient } from "#components/api/trpc.ts";
import { fileParameters, type TranscriptSource } from "./transcript-source.ts";

/** Reads a session, as it was begun for the `generation`th time, with the rights of whoever is signed in. */
export function useOwnerSource(sessionId: string, generation: number): TranscriptSource {
  const { session, transcript } = useTRPCClient();
  return useMemo(
    () => ({
      readWindow: (query) => transcript.window.query({ sessionId, ...query }),
      readOutline: (query) => transcript.outline.query({ sessionId, ...query }),
      find: (query, { signal }) => transcript.find.query({ sessionId, ...query }, { signal }),
      readUsage: () => transcript.usage.query({ sessionId }),
      findLinked: (name) => session.linked.query({ sessionId, name }),
      fileUrl: ({ seq }, file) =>
        `/api/v1/sessions/${sessionId}/items/${seq}/file?${new URLSearchParams({
          ...fileParameters(file),
          generation: String(generation),
        }).toString()}`,
      bodyUrl: ({ seq }) =>
        `/api/v1/sessions/${sessionId}/items/${seq}/body?generation=${generation}`,
    }),
    [session, transcript, sessionId, generation],
  );
}
