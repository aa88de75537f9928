use super::*;
use crate::{
    domain::{ids::MailId, letter::Content, time::Clock},
    mail::fixture::{letter, renderer},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// A mail server that answers a command which begins with `.0` by `.1`, and any other as if all were well.
/// An empty answer is none at all.
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
    SmtpClient::new(&Smtp { host: "127.0.0.1".to_owned(), port, credentials, security }).unwrap()
}

fn message() -> Message {
    renderer("The Shop", &Clock::system()).render(MailId::new(), &letter(Content::AlreadyRegistered)).unwrap()
}

/// Whether the refusal is permanent, and the reason.
async fn refusal(script: Script) -> (bool, String) {
    let (port, _received) = server(script).await;
    let client = client(port, SmtpSecurity::Plain, Some(("shop", "secret")));
    let error = client.send(&message()).await.unwrap_err();
    (error.permanent, error.reason)
}

#[tokio::test]
async fn a_connection_serves_until_there_is_rest() {
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
async fn what_is_said_of_the_message_is_final_or_not_by_its_code() {
    for (script, permanent, reason) in [
        (&[("RCPT", "550 5.1.1 <ann@example.org> is unknown")] as Script, true, "550 5.1.1"),
        (&[("MAIL", "501 what?")], true, "501"),
        (&[(".", "554 5.7.1 ann@example.org sends spam")], true, "554 5.7.1"),
        (&[("RCPT", "451 4.7.1 come back later, ann@example.org")], false, "451 4.7.1"),
        (&[("DATA", "421 good bye")], false, "421"),
        (&[("MAIL", "530 5.7.0 authenticate first")], false, "530 5.7.0"),
    ] {
        assert_eq!(refusal(script).await, (permanent, format!("the mail server answered {reason}")));
    }
}

#[tokio::test]
async fn what_is_said_before_the_message_is_never_final() {
    for (script, reason) in [
        (&[("greeting", "554 nobody is in")] as Script, "the mail server answered 554"),
        (&[("AUTH", "535 5.7.8 wrong password")], "the mail server answered 535 5.7.8"),
        (&[("greeting", "SSH-2.0-OpenSSH_9.2")], "the mail server's answer was no SMTP, or broke off"),
    ] {
        assert_eq!(refusal(script).await, (false, reason.to_owned()));
    }
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = client(unused, SmtpSecurity::Plain, None).send(&message()).await.unwrap_err();
    assert!(!error.permanent && error.reason.contains("refused"), "{error}");
}

#[tokio::test]
async fn nothing_is_sent_without_the_protection_that_is_asked_for() {
    let (port, mut received) = server(&[]).await;
    let client = client(port, SmtpSecurity::StartTls, Some(("shop", "secret")));
    let error = client.send(&message()).await.unwrap_err();
    assert!(!error.permanent && error.reason.contains("STARTTLS"), "{error}");
    while let Ok(command) = received.try_recv() {
        assert!(command.starts_with("0 EHLO") || command == "0 QUIT", "{command}");
    }
}

#[tokio::test]
async fn a_dialogue_that_was_given_up_is_not_gone_on_with() {
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

#[test]
fn only_a_status_is_told_of_a_servers_words() {
    for (text, status) in [
        ("5.1.1 <ann@example.org> is unknown", Some("5.1.1")),
        ("4.7.1", Some("4.7.1")),
        ("<ann@example.org> is unknown", None),
        ("a.b.c", None),
        ("5.1", None),
        ("1.2.3.4 is blocked", None),
        ("", None),
    ] {
        assert_eq!(enhanced_status(text), status, "{text:?}");
    }
}
