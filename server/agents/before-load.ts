/**
 * Gemini names the record of a session after the minute in which it began, and begins a new record when it loads one: of
 * the same name within that minute, over what it was to read. Under a name of ours it finds its record at any time.
 * Commands for a shell in its home; safe to run again.
 */
export const keepGeminiRecords = `
for file in "$HOME"/.gemini/tmp/*/chats/session-2*.jsonl; do
  if [ -f "$file" ]; then mv -n -- "$file" "\${file%/*}/session-kept-\${file##*/session-}"; fi
done`;
