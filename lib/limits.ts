/** Every size limit of the product. Bytes are UTF-8 bytes. Those that an operator may change are read in `server/env.ts`. */

/** A larger item body goes to a blob. */
export const INLINE_ITEM_MAX_BYTES = 2_031_616;
/** A larger item is skipped and leaves a row in `skipped_items`. */
export const ITEM_MAX_BYTES = 50_000_000;
/** Bodies are shown up to this size on pages; the rest is fetched when opened. */
export const PREVIEW_MAX_BYTES = 8_192;
/** From the next byte on, a body travels over a socket as a preview. */
export const SOCKET_INLINE_MAX_BYTES = 65_535;

export const PROMPT_MAX_CHARACTERS = 100_000;
export const PROMPTS_WAITING_MAX = 10;
export const SETUP_COMMANDS_MAX = 20;
export const SETUP_COMMAND_MAX_CHARACTERS = 4_096;
export const ENVIRONMENT_VARIABLES_MAX = 50;
export const ENVIRONMENT_NAME_MAX_CHARACTERS = 128;
export const ENVIRONMENT_VALUE_MAX_CHARACTERS = 4_096;
export const TITLE_MAX_CHARACTERS = 200;
export const BRANCH_MAX_CHARACTERS = 255;
export const REPOSITORY_MAX_CHARACTERS = 2_048;

/** A write of items holds at most this many of them … */
export const ITEM_BATCH_MAX_COUNT = 128;
/** … and at most this many bytes of inline bodies. */
export const ITEM_BATCH_MAX_BYTES = 4 * 1024 * 1024;

export const BLOB_SEGMENT_BYTES = 8 * 1024 * 1024;

/** What a page shows of a preparation step's log. */
export const LOG_TAIL_MAX_BYTES = 8_192;

export const SOCKET_FRAME_MAX_BYTES = 64 * 1024;
export const SOCKET_BUFFER_MAX_BYTES = 1024 * 1024;
export const SOCKET_PING_MS = 25_000;
export const TICKET_TTL_MS = 30_000;
/** NOTIFY refuses 8,000 bytes; what is larger is split or dropped. */
export const BUS_PAYLOAD_MAX_BYTES = 7_500;
