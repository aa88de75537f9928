document.getElementById("app").textContent = "The account page is not built.";
