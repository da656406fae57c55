import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import type { StartErrors } from "./start-errors.ts";

interface StartOptions {
  onError: (errors: StartErrors) => void;
  onStarted: () => void;
}

/** Starts a session and goes to its page. */
export function useStart({ onError, onStarted }: StartOptions) {
  const router = useRouter();
  const trpc = useTRPC();
  const { mutate, isPending, isSuccess } = useMutation(
    trpc.session.start.mutationOptions({
      onSuccess: ({ sessionId }) => {
        onStarted();
        router.push(`/sessions/${sessionId}`);
      },
      onError: (error) => {
        const { field, message } = readError(error);
        onError({ [field ?? ""]: message });
      },
    }),
  );
  return { start: mutate, isStarting: isPending || isSuccess };
}
