import { SIGN_IN_WORDS } from "#lib/sign-in-words.ts";
import { NoticePage } from "./notice-page.tsx";
import { RememberAddress } from "./remember-address.tsx";

const titles = {
  stranger: "Open the address that the server printed",
  expired: "This address was used already",
  "signed-out": "You are signed out",
};

/** For whoever is not signed in: there is no password, only an address that the server's machine prints. It leads back here. */
export function SignInNotice({ reason = "stranger" }: { reason?: keyof typeof titles }) {
  return (
    <NoticePage title={titles[reason]}>
      <RememberAddress />
      <p>
        This Millrace belongs to whoever started it. When it starts it prints an address that signs
        one browser in and works once, for a limited time.
      </p>
      <pre
        aria-label="What the server prints"
        tabIndex={0}
        className="rounded border border-line bg-sunken px-3 py-2.5 font-mono text-code whitespace-pre-wrap"
      >
        {`${SIGN_IN_WORDS}\n\nhttp://…/sign-in?token=…`}
      </pre>
      <p>
        For a new one, run this on the server’s machine, in its folder; the server goes on
        meanwhile.
      </p>
      <pre
        aria-label="What prints a new address"
        tabIndex={0}
        className="rounded border border-line bg-sunken px-3 py-2.5 font-mono text-code whitespace-pre-wrap"
      >
        npx millrace sign-in
      </pre>
    </NoticePage>
  );
}
