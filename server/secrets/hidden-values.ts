const NAMES_CREDENTIAL =
  /key|token|secret|pass|credential|auth|private|signature|cookie|dsn|webhook/i;
const NAMES_CHOICE = /(?:^|_)(?:MODEL|REGION|PATH)$/i;
/** A word, a number, a path, or an address that holds neither a name nor a query. */
const PLAIN =
  /^(?:[a-z]{1,24}(?:[-_][a-z]{1,24})*|[\d.,:]+|(?:\/[\w.@+-]+)+\/?|https?:\/\/[\w.:-]+[\w./-]*)$/i;

/**
 * Values of variables that an agent must not repeat to others. Nobody said which are secret, so it is everything but
 * what is plainly none: hidden as well, `production` or the name of a model would be gone from ordinary text.
 */
export function hiddenValues(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables)
    .filter(([name, value]) => {
      if (NAMES_CREDENTIAL.test(name)) return true;
      return !NAMES_CHOICE.test(name) && !PLAIN.test(value.trim());
    })
    .map(([, value]) => value);
}
