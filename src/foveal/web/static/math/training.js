// What a training has said so far, from its events. Pure: the same events give the same state.

export const PHASES = { head: "the head", "fine-tune": "the last blocks", scratch: "the whole network" };

export const START = {
  phase: null, stage: null, step: null, rows: {}, notes: [], warnings: [], done: false,
};

/** The state after some more events. */
export function hear(state, events) {
  return events.reduce((now, one) => (Object.hasOwn(HEARD, one.event) ? HEARD[one.event](now, one) : now), state);
}

const HEARD = {
  started: (now, { resumed }) => (resumed ? { ...now, done: false } : START),
  progress: (now, { stage, done, total }) => ({ ...now, stage: { name: stage, done, total }, step: null }),
  step: (now, step) => ({ ...now, stage: null, step }),
  epoch: (now, record) => {
    // What is heard again, after going on from a checkpoint, replaces what was heard before.
    const before = (now.rows[record.phase] ?? []).filter((row) => row.epoch < record.epoch);
    return { ...now, stage: null, phase: record.phase,
      rows: { ...now.rows, [record.phase]: [...before, record] } };
  },
  note: (now, { text }) => ({ ...now, notes: [...now.notes, text] }),
  warning: (now, { text }) => (now.warnings.includes(text) ? now
    : { ...now, warnings: [...now.warnings, text] }),
  stopped: (now) => ({ ...now, stage: null, step: null }),
  result: (now) => ({ ...now, stage: null, step: null, done: true }),
};

/** The epochs of what is trained last: head epochs come before those of blocks. */
export const shownRows = (state) => (state.phase ? state.rows[state.phase] : []);

/** Rows of history.csv as numbers; only the last phase, as the report shows it. */
export function historyRows(history) {
  const last = history.at(-1)?.phase;
  return history.filter((row) => row.phase === last).map((row) => Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, name === "phase" ? value : Number(value)])));
}

/** How far the whole thing is, 0 to 1, where that can be said. */
export function share({ stage, step }) {
  if (step) return (step.epoch - 1 + step.done / Math.max(1, step.total)) / Math.max(1, step.epochs);
  return stage?.total ? stage.done / stage.total : null;
}

/** What it is doing, in words. */
export function phaseWords(state, kind = null) {
  const { stage, step, phase } = state;
  if (state.done) return "Done.";
  if (step) return `Training${kind === "fine-tune" ? ` ${PHASES[kind]}` : ""}: epoch ${step.epoch} of at most ${step.epochs}, photo ${step.done} of ${step.total}.`;
  if (stage && kind === "fine-tune" && phase === "head" && stage.done >= stage.total) return "The last blocks begin to learn…";
  if (stage) return `${stage.name}: ${stage.done} of ${stage.total}.`;
  if (phase === "head" && kind === "fine-tune") return "The head has learned; the last blocks begin to learn…";
  if (phase) return `Trained ${PHASES[phase]}: ${state.rows[phase].length} epochs.`;
  return "Starting…";
}

/** Seconds as people say them. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "";
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
