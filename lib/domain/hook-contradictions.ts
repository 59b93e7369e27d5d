import { type Hooks, NO_HOOKS, serviceName } from "./hooks.ts";
import type { Plan } from "./plan.ts";
import type { Problem } from "./problem.ts";

/**
 * Services that hooks would scale twice at the same time. What may happen at the same time by chance, such as a restore
 * during a backup, is refused when it happens: see `quiesce`.
 */
export function hookContradictions({ sources, targets, backups }: Pick<Plan, "sources" | "targets" | "backups">) {
  const problems: Problem[] = [];
  for (const [section, entries] of Object.entries({ sources, targets }))
    for (const [name, { hooks }] of Object.entries(entries))
      for (const [index, service] of servicesOf(hooks).entries())
        if (service !== undefined && servicesOf(hooks).indexOf(service) < index)
          problems.push({ path: pathOf(section, name, index), message: `${service} is scaled by an earlier hook` });
  for (const [backup, { sources: members }] of Object.entries(backups))
    for (const [position, name] of members.entries())
      for (const [index, service] of servicesOf(sources[name]?.hooks).entries()) {
        const other = members
          .slice(0, position)
          .find((one) => service !== undefined && servicesOf(sources[one]?.hooks).includes(service));
        if (other !== undefined && other !== name)
          problems.push({
            path: pathOf("sources", name, index),
            message: `${service} is scaled by a hook of "${other}" too, and backup "${backup}" captures both at the same time`,
          });
      }
  return problems;
}

const pathOf = (section: string, name: string, index: number) => `${section}.${name}.hooks.before.${index}.ecsService`;

/** By the position of the hook; undefined where it scales nothing. */
const servicesOf = ({ before }: Hooks = NO_HOOKS) =>
  before.map(({ ecsService }) => (ecsService ? serviceName(ecsService) : undefined));
