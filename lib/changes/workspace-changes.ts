/** What has changed in a session's files since its branch began, as of the end of a turn. */
export interface WorkspaceChanges {
  fileCount: number;
  additions: number;
  deletions: number;
  /** Of the patch. */
  bytes: number;
  /** False when nothing has changed, or the patch was too large to be kept. */
  hasPatch: boolean;
  /** Why there is no patch although files have changed. */
  message: string | null;
  /** Why the files are kept by one host only, where the last attempt to keep them elsewhere failed. */
  keptMessage: string | null;
  /** ISO 8601. */
  measuredAt: string;
}
