import { fileParameters, type TranscriptSource } from "#components/transcript/transcript-source.ts";

export interface ShareSource {
  source: TranscriptSource;
  /** JSON of `/api/v1/shares/:token` and what lies below it. */
  read<Answer>(rest: string, options?: { signal?: AbortSignal }): Promise<Answer>;
}

/** Reads a session through a link. `onEnd` is called when the link does not open any more. */
export function createShareSource(token: string, onEnd: () => void): ShareSource {
  const base = `/api/v1/shares/${token}`;

  async function read<Answer>(rest: string, { signal }: { signal?: AbortSignal } = {}) {
    const response = await fetch(base + rest, signal ? { signal } : {});
    // A place that is not there is not found either, but says what was asked for.
    if (response.status === 404 && (await isClosed(base))) onEnd();
    if (!response.ok) throw new Error(`The share answered with ${response.status}`);
    return (await response.json()) as Answer;
  }

  return {
    read,
    source: {
      readWindow: ({ isFirst, ...query }) =>
        read(`/transcript${toQuery({ ...query, isFirst: isFirst ? "1" : undefined })}`),
      readOutline: (query) => read(`/outline${toQuery(query)}`),
      find: ({ isThorough, ...query }, options) =>
        read(`/find${toQuery({ ...query, isThorough: isThorough ? "1" : undefined })}`, options),
      readUsage: () => read("/usage"),
      findLinked: () => Promise.resolve(null),
      bodyUrl: ({ seq }) => `${base}/items/${seq}/body`,
      fileUrl: ({ seq }, file) => `${base}/items/${seq}/file${toQuery(fileParameters(file))}`,
    },
  };
}

const isClosed = async (base: string) => (await fetch(base)).status === 404;

function toQuery(members: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(members).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}
