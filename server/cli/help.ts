export const help = `millrace: brings coding-agent sessions to a Millrace server

  millrace push FILE        sends a session's file of up to 5 GB and prints its link
  millrace push -           the same from standard input (nothing to resume from)
    --session ID            adds to this session instead of making one
    --new                   makes another session, though this file's own is here already
    --title TEXT            names the session
    --watch                 follows a growing file until interrupted
    --detach                ends once the server has it, without waiting for its items
    --server URL            MILLRACE_URL, or http://127.0.0.1:3000
    --token TOKEN           MILLRACE_TOKEN: an API token with the scope ingest

  millrace batch start FILE   starts a session for every line of a file (NDJSON) and waits for their ends
  millrace batch import FILE  brings a session for every line; - is standard input, for both
    --defaults JSON         members of every line that does not have them itself: '{"prompt":"Fix the CI"}'
    --concurrency N         lines at work at one time, at most
    --new                   makes another batch, though this file's own is there already
    --detach                ends once the server has all lines
    --server URL, --token TOKEN   as above; the scope is start or ingest

  millrace token create     makes an API token on the server's own machine (local mode),
                            with DATA_DIR and DATABASE_URL as the server has them
    --name TEXT             what it is for
    --scope NAME            ingest (default), read, start; may be repeated
    --days N|never          until it expires; 90 by default

  millrace sign-in          prints an address that signs one browser in, once, on the server's own machine (local
                            mode), with DATA_DIR and DATABASE_URL as the server has them

A file is what a session is made of: {"data":[…]}, an array, a snapshot {"info":…,"messages":[…]}, or NDJSON;
also packed with gzip.
The same command after an interruption goes on where it stopped.

Exit codes: 0 everything is stored (of a batch: every line is done), 1 refused or failed, 2 the command is wrong,
3 stored but for skipped items (of a batch: some lines are done), 4 the server could not be reached,
130 interrupted (the same command goes on).
`;
