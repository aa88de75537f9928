//! Settings of providers.

use super::{
    ClientSecret, Preset,
    tests::{Place, at_fault},
};

const GOOGLE: [(&str, &str); 2] =
    [("PROVIDERS__GOOGLE__CLIENT_ID", "shop"), ("PROVIDERS__GOOGLE__CLIENT_SECRET", "hush hush")];

#[test]
fn a_preset_needs_few_settings() {
    let settings = Place::new().load(&GOOGLE).unwrap();
    let [google] = &settings.providers[..] else { panic!("{:?}", settings.providers) };
    assert_eq!((google.name.as_str(), google.label.as_str(), google.preset), ("google", "Google", Preset::Google));
    assert_eq!((&*google.issuer, &*google.scopes), ("https://accounts.google.com", "openid email profile"));
    let printed = settings.redacted();
    assert!(printed.contains("MARBELLE_PROVIDERS__GOOGLE__CLIENT_SECRET = [redacted]\n"), "{printed}");
    assert!(!printed.contains("hush"));
}

#[test]
fn a_generic_provider_names_its_issuer() {
    let place = Place::new();
    let folder = tempfile::tempdir().unwrap();
    let (file, toml) = (folder.path().join("secret"), folder.path().join("marbelle.toml"));
    std::fs::write(&file, "from a file\n").unwrap();
    let text = format!(
        "[providers.my_sso]\nissuer = \"https://login.example/realms/shop\"\nclient_id = \"shop\"\n\
         client_secret = \"{}\"\nlabel = \"Staff\"\nscopes = [\"openid\", \"email\"]\n",
        file.display()
    );
    std::fs::write(&toml, text).unwrap();
    let mut given = vec![("CONFIG", toml.to_str().unwrap())];
    given.extend(GOOGLE);
    let settings = place.load(&given).unwrap();
    let names: Vec<_> = settings.providers.iter().map(|provider| provider.name.as_str()).collect();
    assert_eq!(names, ["google", "my_sso"]);
    let sso = &settings.providers[1];
    assert_eq!((sso.preset, &*sso.scopes, sso.label.as_str()), (Preset::Generic, "openid email", "Staff"));
    let ClientSecret::Text(secret) = &sso.client_secret else { panic!("{sso:?}") };
    assert_eq!(secrecy::ExposeSecret::expose_secret(secret), "from a file");
    assert!(settings.redacted().contains(&format!("CLIENT_SECRET = {}\n", file.display())), "the path is not a secret");
}

#[test]
fn every_fault_is_reported() {
    let faults = at_fault(&[
        ("PROVIDERS__SSO__ISSUER", "http://login.example"),
        ("PROVIDERS__SSO__SCOPES", "email"),
        ("PROVIDERS__SSO__TEAM_ID", "x"),
        ("PROVIDERS__MICROSOFT__ISSUER", "https://login.microsoftonline.com/common/v2.0"),
        ("PROVIDERS__MICROSOFT__CLIENT_ID", "shop"),
        ("PROVIDERS__MICROSOFT__CLIENT_SECRET", "./no/such/file"),
        ("PROVIDERS__APPLE__CLIENT_ID", "shop"),
        ("PROVIDERS__APPLE__CLIENT_SECRET", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
    ]);
    let mut expected = [
        "SSO__ISSUER",
        "SSO__CLIENT_ID",
        "SSO__SCOPES",
        "SSO__TEAM_ID",
        "SSO__CLIENT_SECRET",
        "MICROSOFT__ISSUER",
        "MICROSOFT__CLIENT_SECRET",
        "APPLE__TEAM_ID",
        "APPLE__KEY_ID",
        "APPLE__CLIENT_SECRET",
    ]
    .map(|name| format!("PROVIDERS__{name}"));
    let mut faults = faults;
    faults.sort();
    expected.sort();
    assert_eq!(faults, expected);
}

#[test]
fn a_misspelt_setting_is_reported_with_the_nearest() {
    for (variable, hint) in [
        ("PROVIDERS__GOOGLE__CLIENTID", "did you mean MARBELLE_PROVIDERS__GOOGLE__CLIENT_ID?"),
        ("PROVIDERS__CLIENT_ID", "must be `MARBELLE_PROVIDERS__<NAME>__` and one of:"),
        ("PROVIDERS__1X__CLIENT_ID", "does not name a provider"),
    ] {
        let faults = Place::new().load(&[(variable, "x")]).unwrap_err();
        assert!(faults.to_string().contains(hint), "{variable}: {faults}");
    }
}

#[test]
fn the_number_of_providers_is_bounded() {
    let names: Vec<String> = (0..=crate::limits::PROVIDERS).map(|n| format!("PROVIDERS__P{n}__")).collect();
    let given: Vec<(String, &str)> = names
        .iter()
        .flat_map(|name| {
            [("ISSUER", "https://login.example"), ("CLIENT_ID", "shop"), ("CLIENT_SECRET", "hush")]
                .map(|(key, value)| (format!("{name}{key}"), value))
        })
        .collect();
    let given: Vec<(&str, &str)> = given.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    assert_eq!(at_fault(&given), ["PROVIDERS__…"]);
    assert_eq!(at_fault(&given[3..]), Vec::<String>::new());
}

#[test]
fn an_issuer_of_this_machine_is_for_development() {
    let local = [
        ("PROVIDERS__SSO__ISSUER", "http://127.0.0.1:4455"),
        ("PROVIDERS__SSO__CLIENT_ID", "shop"),
        ("PROVIDERS__SSO__CLIENT_SECRET", "hush"),
    ];
    assert_eq!(at_fault(&local), Vec::<String>::new());
    let production = [&[("ENV", "production")][..], &local].concat();
    assert!(at_fault(&production).contains(&"PROVIDERS__SSO__ISSUER".to_owned()));
}
