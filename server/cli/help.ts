export const help = `millrace: brings coding-agent sessions to a Millrace server, and back

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
  millrace batch import PATH… brings files that are one session each, and those in folders: .json, .jsonl, .ndjson, .gz
    --defaults JSON         members of every line that does not have them itself: '{"prompt":"Fix the CI"}'
    --concurrency N         lines at work at one time, at most
    --new                   makes another batch, though this file's own is there already
    --batch ID              brings lines that this batch misses, or could not read, instead of making one
    --detach                ends once the server has all lines
  millrace batch status ID    says how a batch does; the exit code too
  millrace batch results ID   writes what became of each line to standard output (NDJSON); needs the scope read
  millrace batch retry ID     tries failed lines again and waits for their ends (--detach does not)
  millrace batch seal ID      no more lines come; --allow-gaps: though some are missing
  millrace batch abort ID     cancels what waits, asks running sessions to stop
    --server URL, --token TOKEN   as above; the scope is start or ingest

  millrace export SESSION   writes a session, by its id or its link, to a file and prints its path
    -o, --output FILE|-     where to; a folder and nothing mean the server's name for it, - standard output
    --format FORM           json (default), ndjson, md, html
    --refs inline|link|omit what stands for bodies above 2 MB: the body (default), its address, a word
    --since POSITION        only what changed later
    --force                 replaces a file that is there
    --server URL, --token TOKEN   as above; the scope is read

  millrace share SESSION    makes a link by which anyone can read a session, and prints it
    --frozen                as it is now; otherwise as it goes on
    --from ID, --to ID      from this prompt's turn, to this one's
    --leave-out WHAT        reasoning, outputs, folders (default) or nothing; may be repeated
    --password TEXT         asked of every reader
    --days N|never          until it ends; 30 by default
    --embed                 other sites may show it in a frame
  millrace shares           lists links: id, state, mode, times opened, session, title
    --session ID            those of one session
  millrace unshare SHARE    takes a link back
    --server URL, --token TOKEN   as above; the scope is share

  millrace token create     makes an API token on the server's own machine (local mode),
                            with DATA_DIR and DATABASE_URL as the server has them
    --name TEXT             what it is for
    --scope NAME            ingest (default), read, start, share; may be repeated
    --days N|never          until it expires; 90 by default

  millrace sign-in          prints an address that signs one browser in, once, on the server's own machine (local
                            mode), with DATA_DIR and DATABASE_URL as the server has them

A file is what a session is made of: {"data":[…]}, an array, a snapshot {"info":…,"messages":[…]}, or NDJSON;
also packed with gzip.
The same command after an interruption goes on where it stopped.

Exit codes: 0 everything is stored (of a batch: every line is done), 1 refused or failed, 2 the command is wrong,
3 stored but for skipped items (of a batch: some lines are done, or it goes on), 4 the server could not be reached,
130 interrupted (the same command goes on).
`;
