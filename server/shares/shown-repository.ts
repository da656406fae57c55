/** A repository as shares name it: its address; a folder of the owner's machine is nobody else's business. */
export const shownRepository = (
  repository: string | null,
  rewriteText: (text: string) => string,
): string | null =>
  repository !== null && /^(?:https?:\/\/|[\w.-]+\/[\w.-]+$)/.test(repository)
    ? rewriteText(repository)
    : null;
