/**
 * Loaded with `--import` into a real process: at SIGUSR2, or when it first prints a line and BREAK_AT_OUTPUT is set,
 * something is thrown out of nowhere: an error as HTTP clients make them, with the whole request and its headers.
 */
function broken() {
  const { SLACK_BOT_TOKEN, SLACK_APP_TOKEN, AWS_SECRET_ACCESS_KEY } = process.env;
  return Object.assign(new Error(`broken on purpose with ${SLACK_BOT_TOKEN}`), {
    config: { headers: { authorization: `Bearer ${SLACK_APP_TOKEN}` }, key: AWS_SECRET_ACCESS_KEY },
    cause: new Error(`because of ${SLACK_APP_TOKEN}`),
  });
}

process.on('SIGUSR2', () => {
  setImmediate(() => {
    throw broken();
  });
});

if (process.env.BREAK_AT_OUTPUT)
  console.log = () => {
    throw broken();
  };
