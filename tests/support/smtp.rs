//! A real SMTP server on loopback that collects letters, and that can misbehave.

use super::{Letter, PATIENCE};
use mailin::{Action, Handler, Response, SessionBuilder, response};
use parking_lot::Mutex;
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{AbortHandle, JoinSet},
};

/// How the server answers a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Accept,
    /// 451 to the recipient: a temporary failure.
    RefuseForNow,
    /// 550 5.1.1 to the recipient: a permanent failure.
    RefuseForGood,
    /// The answer to every sender, at EHLO, MAIL or RCPT.
    RefuseSender(&'static str, u16, &'static str),
    /// Takes this long for its greeting, and again after the message.
    Slow(Duration),
    /// Accepts the connection and does not answer.
    Hang,
    /// Does not answer until the mood changes.
    Wait,
}

struct Received {
    /// Every accepted letter in order of arrival, and whether a story has taken it.
    letters: Vec<(bool, Letter)>,
    mood: Mood,
    /// Recipients refused so far.
    refusals: usize,
    connections: usize,
}

/// The server. It stops with its last clone.
#[derive(Clone)]
pub struct Smtp(Arc<Inner>);

struct Inner {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
    changed: watch::Sender<u64>,
    listener: Mutex<Option<AbortHandle>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.get_mut().take() {
            listener.abort();
        }
    }
}

impl Smtp {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let received = Received { letters: Vec::new(), mood: Mood::Accept, refusals: 0, connections: 0 };
        let inner = Inner {
            address: listener.local_addr().expect("an address"),
            received: Arc::new(Mutex::new(received)),
            changed: watch::Sender::new(0),
            listener: Mutex::new(None),
        };
        let smtp = Self(Arc::new(inner));
        smtp.serve(listener);
        smtp
    }

    /// For `MARBELLE_MAIL_URL`.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.0.address)
    }

    /// Sets the behaviour from the next recipient or connection on.
    pub fn be(&self, mood: Mood) {
        self.0.received.lock().mood = mood;
        self.0.changed.send_modify(|n| *n += 1);
    }

    /// Refuses connections from now on, and cuts the present ones.
    pub fn down(&self) {
        if let Some(listener) = self.0.listener.lock().take() {
            listener.abort();
        }
    }

    /// Listens again, on the same port.
    pub async fn up(&self) {
        let listener = loop {
            match TcpListener::bind(self.0.address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await, // the aborted task still holds it
            }
        };
        self.serve(listener);
    }

    /// The first letter to `email` that no story has taken yet, once it is there.
    pub async fn letter_to(&self, email: &str) -> Letter {
        self.letter_within(PATIENCE, email).await
    }

    /// The same with another time limit, for letters that a retry delays.
    pub async fn letter_within(&self, limit: Duration, email: &str) -> Letter {
        let take = |received: &mut Received| {
            let mut found =
                received.letters.iter_mut().filter(|(taken, l)| !taken && l.to.iter().any(|to| to == email));
            found.next().map(|(taken, letter)| {
                *taken = true;
                letter.clone()
            })
        };
        self.once(limit, &format!("a letter to {email}"), take).await
    }

    /// The first letter to `email` whose subject or text has `words` and that no story has taken, once it is there.
    pub async fn letter_saying(&self, email: &str, words: &str) -> Letter {
        let take = |received: &mut Received| {
            let wanted =
                |l: &Letter| l.to.iter().any(|to| to == email) && (l.subject.contains(words) || l.text.contains(words));
            received.letters.iter_mut().find(|(taken, l)| !taken && wanted(l)).map(|(taken, letter)| {
                *taken = true;
                letter.clone()
            })
        };
        self.once(PATIENCE, &format!("a letter to {email} saying {words:?}"), take).await
    }

    /// Every letter to `email` so far, taken or not.
    pub fn letters_to(&self, email: &str) -> Vec<Letter> {
        let received = self.0.received.lock();
        received.letters.iter().filter(|(_, l)| l.to.iter().any(|to| to == email)).map(|(_, l)| l.clone()).collect()
    }

    /// Awaits that so many recipients were refused altogether.
    pub async fn refused(&self, count: usize) {
        let enough = |received: &mut Received| (received.refusals >= count).then_some(());
        self.once(Duration::from_secs(40), "a refused letter", enough).await;
    }

    /// Awaits that so many connections were made altogether.
    pub async fn connected(&self, count: usize) {
        let enough = |received: &mut Received| (received.connections >= count).then_some(());
        self.once(Duration::from_secs(40), "a connection", enough).await;
    }

    async fn once<T>(&self, limit: Duration, what: &str, mut look: impl FnMut(&mut Received) -> Option<T>) -> T {
        let mut changed = self.0.changed.subscribe();
        let looking = async {
            loop {
                changed.borrow_and_update();
                if let Some(found) = look(&mut self.0.received.lock()) {
                    return found;
                }
                changed.changed().await.expect("the sender lives as long as self");
            }
        };
        match tokio::time::timeout(limit, looking).await {
            Ok(found) => found,
            Err(_) => {
                let received = self.0.received.lock();
                let seen: Vec<_> = received.letters.iter().map(|(taken, l)| (taken, &l.to, &l.subject)).collect();
                panic!("waited {limit:?} in vain for {what}; letters so far (taken, to, subject): {seen:?}")
            }
        }
    }

    fn serve(&self, listener: TcpListener) {
        let (received, changed) = (self.0.received.clone(), self.0.changed.clone());
        let task = tokio::spawn(async move {
            let mut conversations = JoinSet::new(); // aborted with this task
            while let Ok((stream, peer)) = listener.accept().await {
                let mailbox =
                    Mailbox { received: received.clone(), changed: changed.clone(), to: vec![], body: vec![] };
                received.lock().connections += 1;
                mailbox.note();
                conversations.spawn(async move { converse(stream, peer.ip(), mailbox).await });
                while conversations.try_join_next().is_some() {}
            }
        });
        *self.0.listener.lock() = Some(task.abort_handle());
    }
}

async fn converse(stream: TcpStream, peer: IpAddr, mailbox: Mailbox) -> io::Result<()> {
    let (received, changed) = (mailbox.received.clone(), mailbox.changed.clone());
    pause(&received, &changed).await;
    slowly(&received).await;
    let mut session = SessionBuilder::new("mail.example.test").build(peer, mailbox);
    let mut stream = BufReader::new(stream);
    stream.write_all(&session.greeting().buffer()?).await?;
    let mut line = Vec::new();
    while stream.read_until(b'\n', &mut line).await? > 0 {
        pause(&received, &changed).await;
        let reply = session.process(&line);
        if line == b".\r\n" {
            slowly(&received).await;
        }
        line.clear();
        if reply.action != Action::NoReply {
            stream.write_all(&reply.buffer()?).await?;
        }
        if reply.action == Action::Close {
            break;
        }
    }
    Ok(())
}

async fn slowly(received: &Mutex<Received>) {
    let mood = received.lock().mood;
    if let Mood::Slow(pause) = mood {
        tokio::time::sleep(pause).await;
    }
}

async fn pause(received: &Mutex<Received>, changed: &watch::Sender<u64>) {
    let mut changed = changed.subscribe();
    loop {
        changed.borrow_and_update();
        let mood = received.lock().mood;
        match mood {
            Mood::Hang => std::future::pending::<()>().await,
            Mood::Wait => changed.changed().await.expect("the sender lives"),
            _ => return,
        }
    }
}

struct Mailbox {
    received: Arc<Mutex<Received>>,
    changed: watch::Sender<u64>,
    to: Vec<String>,
    body: Vec<u8>,
}

impl Mailbox {
    fn note(&self) {
        self.changed.send_modify(|n| *n += 1);
    }
}

impl Mailbox {
    /// The answers of a server that refuses the sender at `command`.
    fn to_sender(&self, command: &str) -> Response {
        let mut received = self.received.lock();
        let Mood::RefuseSender(at, code, words) = received.mood else { return response::OK };
        if at != command {
            return response::OK;
        }
        received.refusals += 1;
        drop(received);
        self.note();
        Response::custom(code, words.into())
    }
}

impl Handler for Mailbox {
    fn helo(&mut self, _ip: IpAddr, _domain: &str) -> Response {
        self.to_sender("EHLO")
    }

    fn mail(&mut self, _ip: IpAddr, _domain: &str, _from: &str) -> Response {
        self.to_sender("MAIL")
    }

    fn rcpt(&mut self, _to: &str) -> Response {
        let mut received = self.received.lock();
        let refusal = match received.mood {
            Mood::RefuseForNow => Response::custom(451, "Greylisted, come again".into()),
            Mood::RefuseForGood => Response::custom(550, "5.1.1 Mailbox unavailable".into()),
            Mood::RefuseSender("RCPT", code, words) => Response::custom(code, words.into()),
            _ => return response::OK,
        };
        received.refusals += 1;
        drop(received);
        self.note();
        refusal
    }

    fn data_start(&mut self, _domain: &str, _from: &str, _is8bit: bool, to: &[String]) -> Response {
        self.to = to.to_vec();
        self.body.clear();
        response::OK
    }

    fn data(&mut self, buf: &[u8]) -> io::Result<()> {
        self.body.extend_from_slice(buf);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mut letter = Letter::parse(&self.body);
        letter.to = std::mem::take(&mut self.to); // the envelope decides where it goes
        self.received.lock().letters.push((false, letter));
        self.note();
        response::OK
    }
}
