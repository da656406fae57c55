import { toListInput, type ListFilters } from "#components/sessions/list-filters.ts";
import type { getPageCaller } from "#server/routers/page-caller.ts";

type PageCaller = NonNullable<Awaited<ReturnType<typeof getPageCaller>>>;

/** What `SessionList` shows first, for whoever asks. */
export async function readSessionList(caller: PageCaller, filters: ListFilters) {
  const [firstPage, agentLabels, { teamId }] = await Promise.all([
    caller.session.list(toListInput(filters, Date.now())),
    caller.machine.agentLabels(),
    caller.account.get(),
  ]);
  return { teamId, initialFilters: filters, firstPage, agentLabels };
}
