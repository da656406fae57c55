/** What a git server knows us by. */
export interface GitCredential {
  username: string;
  /** A token or a password, one line. */
  token: string;
}

const NAME = "MILLRACE_GIT_USERNAME";
const TOKEN = "MILLRACE_GIT_TOKEN";

/** git asks it with `get` and forgets; what it is told to keep or to erase is nothing to it. `printf` is the shell's. */
const HELPER = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$${NAME}" "$${TOKEN}"; }; f`;

/**
 * Lets git have the credential for the origin of `url` and no other: in the variables of this one git, which nobody
 * else may read, and never in an address, an argument or a file.
 */
export function credentialSettings(
  url: string,
  { username, token }: GitCredential,
): { configuration: [string, string][]; variables: Record<string, string> } {
  return {
    configuration: [[`credential.${new URL(url).origin}.helper`, HELPER]],
    variables: { [NAME]: username, [TOKEN]: token },
  };
}
