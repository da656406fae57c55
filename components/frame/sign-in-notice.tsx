import { NoticePage } from "./notice-page.tsx";

/** For whoever is not signed in: there is no password, only the address that the server printed. */
export function SignInNotice({ isExpired = false }: { isExpired?: boolean }) {
  return (
    <NoticePage
      title={
        isExpired ? "This address was used already" : "Open the address that the server printed"
      }
    >
      <p>
        This Millrace belongs to whoever started it. When it starts it prints an address that signs
        one browser in and works once, for a limited time.
      </p>
      <pre
        aria-label="What the server prints"
        tabIndex={0}
        className="overflow-x-auto rounded border border-line bg-sunken px-3 py-2.5 font-mono text-code"
      >
        Sign in at http://127.0.0.1:…/sign-in?token=…
      </pre>
      <p>
        Restart the server for a new one. A restart interrupts what agents are working on; those
        prompts can be sent again afterwards.
      </p>
    </NoticePage>
  );
}
