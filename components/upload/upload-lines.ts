interface UploadTarget {
  /** Id of the session. */
  target: string;
  /** Nobody has it yet: the CLI makes one by itself. */
  isNew: boolean;
}

/** Commands that bring the file `session.json` to the server at `origin`. */
export function uploadLines(origin: string, { target, isNew }: UploadTarget) {
  const session = isNew ? "" : ` --session ${target}`;
  const address = `${origin}/api/v1/sessions/${target}/ingest`;
  return [
    {
      label: "Millrace",
      command: `npx millrace push session.json${session} --server ${origin}`,
    },
    {
      label: "curl",
      command: `curl -X POST -T session.json -H "Authorization: Bearer $MILLRACE_TOKEN" ${address}`,
    },
  ];
}
