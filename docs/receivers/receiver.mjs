// Receives the events of Marbelle Accounts and keeps the users' profiles up to date in a file.
//
//     npm install standardwebhooks
//     WEBHOOK_SECRETS=whsec_… node receiver.mjs 9000 users.json

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const [port, file] = process.argv.slice(2);
// Two of them, separated by commas, while a secret is being rotated.
const secrets = process.env.WEBHOOK_SECRETS.split(",").map((secret) => new Webhook(secret));
const LARGEST_BODY = 1 << 20;

const state = load();

function load() {
    try {
        return JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
        if (error.code !== "ENOENT") throw error;
        return { users: {}, seen: {}, stale: {}, deleted: {} };
    }
}

// Written beside and renamed, so that the file is always whole. Use your database, and one transaction, instead.
function save() {
    writeFileSync(`${file}.new`, JSON.stringify(state));
    renameSync(`${file}.new`, file);
}

/** The event, or undefined for what is not signed by one of our secrets, or is older than five minutes. */
function verified(body, headers) {
    for (const secret of secrets) {
        try {
            return secret.verify(body, headers);
        } catch {
            // Perhaps by the other one.
        }
    }
    return undefined;
}

/** Events may come twice, and a redelivery late: the revision tells which is newer. */
function apply({ type, data }) {
    const { user_id: user, revision, object } = data;
    switch (type) {
        case "user.created":
        case "profile.changed":
            if (!(state.users[user]?.revision >= revision)) state.users[user] = { revision, profile: object };
            break;
        case "user.deleted":
            delete state.users[user];
            state.deleted[user] = true;
            break;
        case "user.resync":
            // Too much has waited: read this user anew by users.get, and take what that says.
            state.stale[user] = true;
            break;
    }
}

async function receive(request, response) {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) {
        body += chunk;
        if (body.length > LARGEST_BODY) return response.writeHead(413).end();
    }
    const event = request.method === "POST" ? verified(body, request.headers) : undefined;
    if (!event) return response.writeHead(400).end();
    const id = request.headers["webhook-id"];
    if (!state.seen[id] && !state.deleted[event.data.user_id]) apply(event);
    state.seen[id] = true;
    // Before the answer: an event that is answered is not sent again.
    save();
    console.log(event.type, event.data.user_id, event.data.revision);
    return response.writeHead(204).end();
}

const server = createServer((request, response) => {
    receive(request, response).catch((error) => {
        console.error(error);
        response.writeHead(500).end();
    });
});
server.listen(Number(port), "127.0.0.1", () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
