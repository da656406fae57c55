/** Every size limit of the product. Bytes are UTF-8 bytes. Those that an operator may change are read in `server/env.ts`. */

/** A larger item body goes to a blob. */
export const INLINE_ITEM_MAX_BYTES = 2_031_616;
/** A larger item is skipped and leaves a row in `skipped_items`. */
export const ITEM_MAX_BYTES = 50_000_000;
/** Levels of nesting, from the item's own outermost braces on: a deeper item is skipped … */
export const ITEM_DEPTH_MAX = 512;
/** … and one that is still deeper fails its upload. */
export const UPLOAD_DEPTH_MAX = 1_000;
/** Of one upload, as received and after decoding. */
export const UPLOAD_MAX_BYTES = 5_368_709_120;
/** Items of one upload; what comes after them fails it. */
export const UPLOAD_ITEMS_MAX = 10_000_000;
/** A body up to this size is applied before the answer. */
export const DIRECT_INGEST_MAX_BYTES = 1_048_576;
/** … unless it decodes to more than this: then it waits in the queue as larger ones do. */
export const DIRECT_INGEST_DECODED_MAX_BYTES = 4 * 1_048_576;
/** No byte for so long ends a request that brings an upload; there is no limit on the whole. */
export const UPLOAD_IDLE_MS = 60_000;
/** A resumable upload that gets no byte for so long is given up. */
export const RESUMABLE_UPLOAD_IDLE_MS = 24 * 60 * 60_000;
/** An upload that announces less is not read before all of it is there. */
export const EARLY_INGEST_MIN_BYTES = 8 * 1_048_576;
/** Attempts of a worker at one upload, for reasons that may pass. */
export const UPLOAD_ATTEMPTS_MAX = 5;
/** Received bytes are kept for so long after their items were stored … */
export const UPLOAD_KEPT_DAYS = 7;
/** … and so long after it failed. */
export const FAILED_UPLOAD_KEPT_DAYS = 14;

/** Bodies are shown up to this size on pages; the rest is fetched when opened. */
export const PREVIEW_MAX_BYTES = 8_192;
/** Of one window of a transcript, whatever is asked for. */
export const TRANSCRIPT_PAGE_MAX_BYTES = 8 * 1024 * 1024;
/** A larger picture is not drawn on pages. Bytes of the file itself. */
export const PICTURE_MAX_BYTES = 20 * 1024 * 1024;
/** Nor one with more pixels, of which a browser makes four bytes each, however few they take on the wire … */
export const PICTURE_MAX_PIXELS = 50_000_000;
/** … nor one with a longer side, which many machines cannot draw. */
export const PICTURE_MAX_SIDE = 16_384;
/** Of so many turns on a page the outputs are read, the latest of them. */
export const TURNS_WITH_OUTPUTS_MAX = 300;
/** From the next byte on, a body travels over a socket as a preview. */
export const SOCKET_INLINE_MAX_BYTES = 65_535;

export const PROMPT_MAX_CHARACTERS = 100_000;
export const PROMPTS_WAITING_MAX = 10;
/** Files that go with one prompt. */
export const ATTACHMENTS_MAX = 10;
export const ATTACHMENT_MAX_BYTES = 200 * 1024 * 1024;
/** Of a file's name, in UTF-8: what file systems take. */
export const ATTACHMENT_NAME_MAX_BYTES = 200;
/** Pictures that go to an agent within its prompt, together: base64 of more outgrows what agents read as one message. */
export const PROMPT_PICTURES_MAX_BYTES = 20 * 1024 * 1024;
/** A larger file of a prompt is named in the transcript, and does not lie in it. */
export const ATTACHMENT_EMBEDDED_MAX_BYTES = 20 * 1024 * 1024;
/** What no prompt has taken for so long is removed. */
export const ATTACHMENT_KEPT_HOURS = 24;
/** What an agent may tell of its settings: options, values of one, slash commands. What is more is left out. */
export const AGENT_OPTIONS_MAX = 20;
export const AGENT_CHOICES_MAX = 2_000;
export const AGENT_COMMANDS_MAX = 500;
/** What an agent asks and waits for, of one session at one time; more is answered with `cancelled`. */
export const REQUESTS_PENDING_MAX = 20;
/** Ways to answer a request, and things to fill in; of choices to one of these five times as many. */
export const REQUEST_OPTIONS_MAX = 20;
export const REQUEST_TITLE_MAX_CHARACTERS = 500;
/** Of what a tool would be given. */
export const REQUEST_SUMMARY_MAX_CHARACTERS = 4_000;
/** Of one thing that a person fills in. */
export const ANSWER_MAX_CHARACTERS = 10_000;
/** Of what a person always allows in one session. */
export const PERMISSION_RULES_MAX = 200;
export const SETUP_COMMANDS_MAX = 20;
export const SETUP_COMMAND_MAX_CHARACTERS = 4_096;
export const ENVIRONMENT_VARIABLES_MAX = 50;
export const ENVIRONMENT_NAME_MAX_CHARACTERS = 128;
export const ENVIRONMENT_VALUE_MAX_CHARACTERS = 4_096;
export const TITLE_MAX_CHARACTERS = 200;
/** Of AES-256. */
export const SECRET_KEY_BYTES = 32;
/** Profiles of a team … */
export const PROFILES_MAX = 200;
export const PROFILE_NAME_MAX_CHARACTERS = 64;
/** … and what each may hold. */
export const PROFILE_SECRETS_MAX = 50;
export const SECRET_MAX_BYTES = 64 * 1024;
export const MCP_SERVERS_MAX = 20;
export const ALLOWED_HOSTS_MAX = 100;
/** `*` in the pattern of repositories that a profile is for: each makes matching slower by as much as a key is long. */
export const PROFILE_PATTERN_STARS_MAX = 2;
/** A larger `millrace.json` is none. */
export const PROPOSAL_MAX_BYTES = 64 * 1024;
/** Git servers that a team has a credential for. */
export const GIT_CREDENTIALS_MAX = 100;
export const GIT_TOKEN_MAX_CHARACTERS = 4_096;
/** The private key of a GitHub App, as PEM. */
export const GIT_APP_KEY_MAX_CHARACTERS = 16_384;
export const BRANCH_MAX_CHARACTERS = 255;
/** Submodules that are fetched for a session, theirs included … */
export const SUBMODULES_MAX = 100;
/** … and how deep they may lie in one another. */
export const SUBMODULE_DEPTH_MAX = 8;
/** Of what a Git LFS server says to some objects. */
export const LFS_ANSWER_MAX_BYTES = 4 * 1024 * 1024;
export const COMMIT_MESSAGE_MAX_CHARACTERS = 10_000;
/** Of each git that unpacks what a session sends; an object that git has to put together needs twice its size. */
export const PUSH_MEMORY_MAX_BYTES = 2 * 1024 ** 3;
export const REPOSITORY_MAX_CHARACTERS = 2_048;

/** A write of items holds at most this many of them … */
export const ITEM_BATCH_MAX_COUNT = 1_000;
/** … and at most this many bytes of inline bodies. */
export const ITEM_BATCH_MAX_BYTES = 1024 * 1024;

export const BLOB_SEGMENT_BYTES = 8 * 1024 * 1024;
/** How a large segment goes to S3: in parts of this size … */
export const BLOB_PART_BYTES = 8 * 1024 * 1024;
/** … with so many on their way at one time. */
export const BLOB_PARTS_IN_FLIGHT = 2;
/** A segment that is known to be no larger goes as one request. */
export const BLOB_SINGLE_PUT_MAX_BYTES = 64 * 1024 * 1024;

/** What a page shows of a preparation step's log. */
export const LOG_TAIL_MAX_BYTES = 8_192;

export const SOCKET_FRAME_MAX_BYTES = 64 * 1024;
export const SOCKET_BUFFER_MAX_BYTES = 1024 * 1024;
export const SOCKET_PING_MS = 25_000;
export const TICKET_TTL_MS = 30_000;
/** NOTIFY refuses 8,000 bytes; what is larger is split or dropped. */
export const BUS_PAYLOAD_MAX_BYTES = 7_500;

/** Of one person in one team, not counting those that ended. */
export const API_TOKENS_MAX = 100;
export const API_TOKEN_NAME_MAX_CHARACTERS = 100;
export const API_TOKEN_DAYS_MAX = 3_650;

/** Of what can be read of an item, as much as search knows. */
export const SEARCH_TEXT_MAX_BYTES = 65_536;
export const SEARCH_QUERY_MAX_CHARACTERS = 200;
/** Sessions that one request archives, throws away, … */
export const SESSIONS_AT_ONCE_MAX = 200;
/** What is in the trash for so long is deleted. */
export const TRASH_DAYS = 30;

/** Links of one person in one team that are not taken back. */
export const SHARES_MAX = 1_000;
export const SHARE_DAYS_MAX = 3_650;
export const SHARE_PASSWORD_MIN_CHARACTERS = 8;
export const SHARE_PASSWORD_MAX_CHARACTERS = 200;

/** A longer line of a batch is not stored; the next one is still found. */
export const BATCH_LINE_MAX_BYTES = 50_000_000;
/** Of a batch, and of one request to it. */
export const BATCH_LINES_MAX = 1_000_000;
export const BATCH_CONCURRENCY_MAX = 1_000;
/** Lines that a process holds at one time on their way into rows, of all requests together. */
export const BATCH_HELD_MAX_BYTES = 64 * 1024 * 1024;
/** A batch that is not sealed and gets no line for so long is given up. */
export const BATCH_IDLE_MS = 30 * 60_000;
/** Attempts of workers at one line, for reasons that may pass. */
export const BATCH_ATTEMPTS_MAX = 5;

/** From this size on an output is a reference; a smaller one lies in its row. */
export const REFERENCE_THRESHOLD_BYTES = 65_536;
/** Rows hold no more than this, whatever threshold was asked for. */
export const REFERENCE_THRESHOLD_MAX_BYTES = 1_048_576;
/** Of all outputs of one session. */
export const SESSION_OUTPUTS_MAX_BYTES = 20 * 1024 ** 3;
/** … and how many these may be. */
export const SESSION_OUTPUTS_MAX = 10_000;
/** Of a text that a share shows: it is looked through whole for what the share hides. */
export const SHARED_TEXT_OUTPUT_MAX_BYTES = 1024 * 1024;
/** Of an output that stands in an export: its line can be brought back. */
export const EXPORT_OUTPUT_INLINE_MAX_BYTES = 36_000_000;

/** Of all streams of one team. */
export const TEAM_STREAMS_MAX_BYTES = 100 * 1024 ** 3;
/** Of a stream's path, decoded. */
export const STREAM_PATH_MAX_BYTES = 1_024;
/** Rows that no quota of bytes counts. */
export const TEAM_STREAMS_MAX = 20_000;
/** Of one stream; each is a row. */
export const STREAM_PRODUCERS_MAX = 10_000;
/** One append to a stream … */
export const STREAM_APPEND_MAX_BYTES = 5_368_709_120;
/** … and one to a stream of JSON, which is looked at as a whole. */
export const STREAM_JSON_APPEND_MAX_BYTES = 4 * 1024 * 1024;
/** A larger append is stored as a blob of its own. */
export const STREAM_ROW_MAX_BYTES = 1024 * 1024;
/** Appends that a process holds at one time on their way into rows. */
export const STREAM_HELD_MAX_BYTES = 64 * 1024 * 1024;
/** What one read of a stream brings. */
export const STREAM_CHUNK_MAX_BYTES = 8 * 1024 * 1024;
/** Server-sent events of a stream end after this; the reader connects again. */
export const STREAM_EVENTS_MS = 60_000;
/** Who wait for more of streams and outputs at one time: at one process … */
export const STREAM_FOLLOWERS_MAX = 5_000;
/** … and of one team there. */
export const STREAM_FOLLOWERS_OF_TEAM_MAX = 1_000;
/** Of an idempotent producer's name, and of a `Stream-Seq`. */
export const STREAM_NAME_MAX_CHARACTERS = 256;
/** A stream lives so long at most without being read or written, where it is told how long. */
export const STREAM_TTL_MAX_SECONDS = 10 * 366 * 24 * 60 * 60;

/** What a session that is above its limit of disk space may still add, so that its agent can be told to clear up. */
export const SESSION_DISK_SLACK_BYTES = 64 * 1024 ** 2;

/** What is kept of one session's files, packed, so that it can go on with another disk. */
export const CHECKPOINT_MAX_BYTES = 2 * 1024 ** 3;
/** A larger patch of what has changed in a session's files is not kept for reading. */
export const CHANGES_MAX_BYTES = 64 * 1024 ** 2;
/** Of one file's part of such a patch: a larger one is not applied again. */
export const FILE_PATCH_MAX_BYTES = 4 * 1024 ** 2;
