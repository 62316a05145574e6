// The state of the knowledge check: pure, so that reloading is only reading it back.

export const SEEDS = 20;
export const MODES = { test: "One try each", practice: "Practice: as many tries as you like" };

/** A new round: the next drawing, nothing answered. `only` limits it to some questions. */
export const fresh = (mode, seed, only = null) => ({ mode, seed: seed % SEEDS, answers: {}, at: 0, only });

/** Whether what storage held can be used. */
export const usable = (state) => Boolean(state && MODES[state.mode] && Number.isInteger(state.seed)
  && state.seed >= 0 && state.seed < SEEDS && state.answers && Number.isInteger(state.at));

export const asked = (state, questions) =>
  (state.only ? questions.filter((question) => state.only.includes(question.id)) : questions);

/** What was chosen for a question: all tries, the last one last. */
export const tries = (state, question) => state.answers[question.id] ?? [];

export const isRight = (question, choice) => Boolean(question.choices[choice]?.correct);

export const isDone = (state, question) => {
  const chosen = tries(state, question);
  return chosen.length > 0 && (state.mode === "test" || isRight(question, chosen.at(-1)));
};

/** Answer: nothing changes once a question is done. */
export function answer(state, question, choice) {
  if (isDone(state, question)) return state;
  return { ...state, answers: { ...state.answers, [question.id]: [...tries(state, question), choice] } };
}

/** Right at the first try. */
export const firstRight = (state, question) => isRight(question, tries(state, question)[0]);

export const score = (state, questions) =>
  questions.filter((question) => firstRight(state, question)).length;

/** The questions that deserve another look. */
export const review = (state, questions) =>
  questions.filter((question) => tries(state, question).length && !firstRight(state, question));
