// The photo that is tried, in this tab's memory only: it goes along from part to part.

let current = {};

export const keep = (run, photo) => { current = { run, photo }; };
/** Only for the classifier that it was given to. */
export const kept = (run) => (current.run === run ? current.photo : null);
