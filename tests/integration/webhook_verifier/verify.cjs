// Verifies one delivery as its receiver would: a line of JSON in (secret, headers, body), one out (the payload, or why not).
const { Webhook } = require("standardwebhooks");
const readline = require("node:readline");

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { secret, headers, body } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ payload: new Webhook(secret).verify(body, headers) }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
  }
});
