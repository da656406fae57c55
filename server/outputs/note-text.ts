import { transact } from "#server/live/transact.ts";
import { type BegunOutput, noteChange, type OutputServices } from "./begin-output.ts";

/** An output that is still written turned out to be plain text. Throws `gone` for a deleted session. */
export async function noteText(services: OutputServices, begun: BegunOutput): Promise<void> {
  await transact(services, async (tx) => {
    const { seq } = await noteChange(tx, begun);
    await tx`
      update outputs set mime = 'text/plain', seq = ${seq}
      where id = ${begun.outputId} and state = 'writing'`;
  });
}
