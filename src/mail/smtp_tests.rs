use super::*;
use crate::{
    domain::{ids::MailId, letter::Content, time::Clock},
    mail::{
        About,
        fixture::{letter, renderer},
    },
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::Instant,
};

/// A mail server that answers a command which begins with `.0` by `.1`, and any other as if all were well. An empty
/// text means no answer.
type Script = &'static [(&'static str, &'static str)];

/// Starts a server; the channel gets every command as `<number of the connection> <command>`.
async fn server(script: Script) -> (u16, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (commands, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, script, number, commands.clone()));
        }
    });
    (port, received)
}

async fn serve(mut stream: TcpStream, script: Script, number: u32, commands: mpsc::UnboundedSender<String>) {
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    let mut command = "greeting".to_owned();
    loop {
        let scripted = script.iter().find(|(begin, _)| command.starts_with(begin));
        let answer = scripted.map_or_else(|| usual(&command), |(_, answer)| answer);
        if !answer.is_empty() && writer.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
        let in_text = answer.starts_with("354");
        command = loop {
            let Ok(Some(line)) = lines.next_line().await else { return };
            if !in_text || line == "." {
                break line;
            }
        };
        let _ = commands.send(format!("{number} {command}"));
    }
}

fn usual(command: &str) -> &'static str {
    match command.split([' ', ':']).next() {
        Some("greeting") => "220 ready",
        Some("EHLO") => "250-here\r\n250 AUTH PLAIN",
        Some("AUTH") => "235 welcome",
        Some("DATA") => "354 go on",
        _ => "250 done",
    }
}

fn client(port: u16, security: SmtpSecurity, credentials: Option<(&str, &str)>) -> SmtpClient {
    let credentials = credentials.map(|(user, password)| (user.to_owned(), password.into()));
    let settings = Smtp { host: "127.0.0.1".to_owned(), port, credentials, security };
    SmtpClient::new(&settings, Some("out.shop.example")).unwrap()
}

fn message() -> Message {
    renderer("The Shop", &Clock::system()).render(MailId::new(), &letter(Content::AlreadyRegistered)).unwrap()
}

/// Who is affected, the reason, and the server's reply.
async fn refusal(script: Script) -> (About, String, Option<String>) {
    let (port, _received) = server(script).await;
    let client = client(port, SmtpSecurity::Plain, Some(("shop", "secret")));
    let error = client.send(&message()).await.unwrap_err();
    (error.about, error.reason, error.reply)
}

#[tokio::test]
async fn a_connection_is_kept_until_the_worker_rests() {
    let (port, mut received) = server(&[]).await;
    let client = client(port, SmtpSecurity::Plain, None);
    client.send(&message()).await.unwrap();
    client.send(&message()).await.unwrap();
    client.rest().await;
    client.send(&message()).await.unwrap();
    let mut senders = Vec::new();
    let mut last = None;
    while let Ok(command) = received.try_recv() {
        if command.ends_with("MAIL FROM:<no-reply@shop.example>") {
            senders.push(command[..1].to_owned());
        }
        last = Some(command);
    }
    assert_eq!(senders, ["0", "0", "1"]);
    assert_eq!(last.unwrap(), "1 .");
}

#[tokio::test]
async fn only_refusals_of_the_recipient_are_final() {
    const ALL: &[(Script, About, &str)] = &[
        (
            &[("RCPT", "550 5.1.1 <ann@example.org> is unknown")],
            About::Recipient,
            "RCPT TO: the mail server answered 550 5.1.1",
        ),
        (&[("RCPT", "550 5.2.1 disabled")], About::Recipient, "RCPT TO: the mail server answered 550 5.2.1"),
        (&[("RCPT", "550 unknown, or relaying denied")], About::Sender, "RCPT TO: the mail server answered 550"),
        (&[("RCPT", "554 5.7.1 relay access denied")], About::Sender, "RCPT TO: the mail server answered 554 5.7.1"),
        (
            &[("RCPT", "504 5.5.2 <shop>: Helo command rejected")],
            About::Sender,
            "RCPT TO: the mail server answered 504 5.5.2",
        ),
        (
            &[("RCPT", "550 5.1.8 sender's domain not found")],
            About::Sender,
            "RCPT TO: the mail server answered 550 5.1.8",
        ),
        (&[("RCPT", "552 5.2.2 over quota")], About::Sender, "RCPT TO: the mail server answered 552 5.2.2"),
        (
            &[("RCPT", "451 4.7.1 come back later, ann@example.org")],
            About::Moment,
            "RCPT TO: the mail server answered 451 4.7.1",
        ),
        (&[("MAIL", "553 5.7.1 not your address")], About::Sender, "MAIL FROM: the mail server answered 553 5.7.1"),
        (&[("MAIL", "550 5.4.5 daily quota exceeded")], About::Sender, "MAIL FROM: the mail server answered 550 5.4.5"),
        (&[("MAIL", "530 5.7.0 authenticate first")], About::Sender, "MAIL FROM: the mail server answered 530 5.7.0"),
        (&[("DATA", "421 good bye")], About::Moment, "DATA: the mail server answered 421"),
        (
            &[(".", "554 5.7.1 ann@example.org sends spam")],
            About::Sender,
            "the end of the message: the mail server answered 554 5.7.1",
        ),
        (&[("AUTH", "535 5.7.8 wrong password")], About::Sender, "AUTH: the mail server answered 535 5.7.8"),
        (&[("AUTH", "454 4.7.0 later")], About::Moment, "AUTH: the mail server answered 454 4.7.0"),
        (
            &[("EHLO", "504 5.5.2 a full name, please")],
            About::Sender,
            "connecting, greeting and EHLO: the mail server answered 504 5.5.2",
        ),
        (
            &[("greeting", "554 nobody is in")],
            About::Sender,
            "connecting, greeting and EHLO: the mail server answered 554",
        ),
        (
            &[("greeting", "SSH-2.0-OpenSSH_9.2")],
            About::Moment,
            "connecting, greeting and EHLO: the mail server's answer was not SMTP, or broke off",
        ),
    ];
    for (script, about, reason) in ALL {
        let (found, message, reply) = refusal(script).await;
        assert_eq!((found, message.as_str()), (*about, *reason));
        assert_eq!(reply.is_some(), reason.contains("answered"), "the operator may see the reply");
    }
}

#[tokio::test]
async fn an_unreachable_server_is_a_temporary_failure() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = client(unused, SmtpSecurity::Plain, None).send(&message()).await.unwrap_err();
    assert!(error.about == About::Moment && error.reason.contains("refused"), "{error}");
}

#[tokio::test]
async fn nothing_is_sent_without_the_configured_protection() {
    let (port, mut received) = server(&[]).await;
    let client = client(port, SmtpSecurity::StartTls, Some(("shop", "secret")));
    let error = client.send(&message()).await.unwrap_err();
    assert!(error.about == About::Sender && error.reason.contains("STARTTLS"), "{error}");
    while let Ok(command) = received.try_recv() {
        assert!(command.starts_with("0 EHLO") || command == "0 QUIT", "{command}");
    }
}

#[tokio::test]
async fn an_abandoned_dialogue_is_not_continued() {
    let (port, mut received) = server(&[(".", "")]).await;
    let client = client(port, SmtpSecurity::Plain, None);
    for number in 0..2 {
        let message = message();
        let send = client.send(&message);
        tokio::pin!(send);
        let end = format!("{number} .");
        loop {
            tokio::select! {
                done = &mut send => panic!("{done:?}"),
                command = received.recv() => if command.unwrap() == end { break },
            }
        }
    }
}

/// RFC 5321 §4.5.3.2: the limit of each stage. The clock is paused and advances when nothing else happens.
#[tokio::test(start_paused = true)]
async fn each_stage_has_the_limit_of_the_rfc() {
    for (silent, stage) in [
        ("greeting", Stage::Greeting),
        ("EHLO", Stage::Greeting),
        ("AUTH", Stage::SignIn),
        ("MAIL", Stage::Sender),
        ("RCPT", Stage::Recipient),
        ("DATA", Stage::Data),
        (".", Stage::Message),
    ] {
        let script: Script = Box::leak(Box::new([(silent, "")]));
        let started = Instant::now();
        let (about, reason, _) = refusal(script).await;
        assert_eq!(about, About::Moment, "{reason}");
        assert_eq!(reason, SendError::silence(stage).reason);
        assert_eq!(started.elapsed().as_secs(), stage.limit().as_secs(), "{silent}");
    }
}

#[tokio::test]
async fn the_server_introduces_itself_as_configured() {
    let (port, mut received) = server(&[]).await;
    client(port, SmtpSecurity::Plain, None).send(&message()).await.unwrap();
    assert_eq!(received.recv().await.unwrap(), "0 EHLO out.shop.example");
}
