/** The installation of a GitHub App that opens repositories of a host; its private key is kept apart. */
export interface GitHubApp {
  /** The App's number, or its client id. */
  appId: string;
  installationId: string;
  /** Without a slash at its end: `https://api.github.com`, or `https://<host>/api/v3` of GitHub Enterprise. */
  apiUrl: string;
}
