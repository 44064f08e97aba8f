// A worker for the test of workers: answers most tasks, dies of task 1, hangs on task 3; started as "broken" it dies at once.
if (process.argv[2] === "broken") process.exit(5);
process.on("message", ({ index }) => {
  if (index === 1) process.exit(9);
  if (index === 3) return;
  const disguised = { changes: index, functions: {}, moved: {}, skipped: [] };
  process.send?.({ index, raw: { answer: { findings: [], incomplete: [] }, disguised, applies: true, ms: 1 } });
});
process.send?.({ ready: true });
